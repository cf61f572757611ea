// How many requests this instance has served (1 for ever where each request gets a fresh one),
// and its environment variables, one a line.
#include "guest.h"
static uint32_t served;
void handle(int32_t req, int32_t outparam) {
  static char out[64];
  uint32_t k = put(out, "served: ");
  k += put_num(out + k, ++served);
  out[k++] = '\n';
  get_environment(RET);
  struct {
    uint32_t k, kn, v, vn;
  }* e = (void*)ret.u32[0];
  uint32_t n = ret.u32[1];
  int32_t f = fields_new();
  header(f, "content-type", "text/plain");
  struct resp r = respond(outparam, 200, f);
  stream_write(r.stream, out, k);
  for (uint32_t i = 0; i < n; i++) {
    stream_write(r.stream, (void*)e[i].k, e[i].kn);
    stream_write(r.stream, "=", 1);
    stream_write(r.stream, (void*)e[i].v, e[i].vn);
    stream_write(r.stream, "\n", 1);
  }
  finish(r);
  incoming_request_drop(req);
}

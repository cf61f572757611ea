// A body of 1 MiB (or /N: N bytes): "0123456789abcdef" over and over.
#include "guest.h"
static char buf[65536];
void handle(int32_t req, int32_t outparam) {
  uint64_t n = path_num(req, 1 << 20);
  for (uint64_t i = 0; i < 65536 && i < n; i++) buf[i] = "0123456789abcdef"[i & 15];
  struct resp r = respond(outparam, 200, fields_new());
  while (n) {
    uint32_t k = n < 65536 ? (uint32_t)n : 65536;
    if (stream_write(r.stream, buf, k)) break;
    n -= k;
  }
  finish(r);
  incoming_request_drop(req);
}

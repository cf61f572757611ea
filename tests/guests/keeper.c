// Keeps the stream of a request's body in a global. Path /keep/N: reads N bytes of it, answers `kept: COUNT`.
// /read: reads to its end what another request has left there: `read: COUNT, ended` or `read: COUNT, error-code N`.
#include "guest.h"

static int32_t kept;

static int32_t stream_of(int32_t req) {
  incoming_request_consume(req, RET);
  incoming_body_stream(ret.u32[1], RET);
  return ret.u32[1];
}
static uint64_t read_up_to(uint64_t wanted) {
  uint64_t have = 0;
  while (have < wanted) {
    uint32_t mark = bump;
    input_stream_blocking_read(kept, wanted - have, RET);
    bump = mark;
    if (ret.u8[0]) break;
    have += ret.u32[2];
  }
  return have;
}
static uint32_t put_end(char* at) {
  if (ret.u8[4]) return put(at, ", ended");
  int32_t error = ret.u32[2];
  http_error_code(error, RET);
  uint32_t k = put(at, ", error-code ");
  k += put_num(at + k, ret.u8[0] ? ret.u8[8] : 255);
  error_drop(error);
  return k;
}
void handle(int32_t req, int32_t outparam) {
  static char out[64];
  const char* path;
  uint32_t n = get_path(req, &path), k;
  if (n > 1 && path[1] == 'k') {
    uint64_t wanted = path_num(req, 0);
    kept = stream_of(req);
    k = put(out, "kept: ");
    k += put_num(out + k, read_up_to(wanted));
  } else {
    k = put(out, "read: ");
    k += put_num(out + k, read_up_to(-1));
    k += put_end(out + k);
  }
  respond_text(outparam, 200, out, k);
}

// Reads only the first N bytes of the request's body (path /N, default 1000), drops the rest unread, and answers
// `read: COUNT`.
#include "guest.h"

void handle(int32_t req, int32_t outparam) {
  uint64_t wanted = path_num(req, 1000), have = 0;
  incoming_request_consume(req, RET);
  int32_t body = ret.u32[1];
  incoming_body_stream(body, RET);
  int32_t in = ret.u32[1];
  while (have < wanted) {
    uint32_t mark = bump;
    uint64_t left = wanted - have;
    input_stream_blocking_read(in, left < 65536 ? left : 65536, RET);
    bump = mark;
    if (ret.u8[0]) {
      if (ret.u8[4] == 0) error_drop(ret.u32[2]);
      break;
    }
    have += ret.u32[2];
  }
  input_stream_drop(in);
  incoming_body_drop(body);
  incoming_request_drop(req);
  static char out[64];
  uint32_t k = put(out, "read: ");
  k += put_num(out + k, have);
  out[k++] = '\n';
  respond_text(outparam, 200, out, k);
}

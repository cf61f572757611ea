// As echo, but the host copies the bytes (output-stream.blocking-splice): they never enter the guest.
#include "guest.h"
void handle(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  incoming_request_consume(req, RET);
  int32_t body = ret.u32[1];
  incoming_body_stream(body, RET);
  int32_t in = ret.u32[1];
  do output_stream_blocking_splice(r.stream, in, 1 << 20, RET);
  while (!ret.u8[0]);
  if (ret.u8[8] == 0) error_drop(ret.u32[3]);
  input_stream_drop(in);
  incoming_body_drop(body);
  incoming_request_drop(req);
  finish(r);
}

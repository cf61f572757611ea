// The least a wasi:http guest can do: 200, no headers, 13 bytes.
#include "guest.h"
void handle(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  output_stream_blocking_write_and_flush(r.stream, (int32_t)"Hello, World!", 13, RET);
  output_stream_drop(r.stream);
  outgoing_body_finish(r.body, 0, 0, RET);
  incoming_request_drop(req);
}

// 200, content-type and content-length, 13 bytes.
#include "guest.h"
void handle(int32_t req, int32_t outparam) {
  int32_t f = fields_new();
  header(f, "content-type", "text/plain");
  header(f, "content-length", "13");
  struct resp r = respond(outparam, 200, f);
  output_stream_blocking_write_and_flush(r.stream, (int32_t)"Hello, World!", 13, RET);
  output_stream_drop(r.stream);
  outgoing_body_finish(r.body, 0, 0, RET);
  incoming_request_drop(req);
}

// Says content-length: 100 and writes 5 bytes; with path /long: says 5 and writes 100.
#include "guest.h"

void handle(int32_t req, int32_t outparam) {
  const char* p;
  uint32_t n = get_path(req, &p);
  int is_long = n >= 5 && p[1] == 'l';
  int32_t f = fields_new();
  header(f, "content-length", is_long ? "5" : "100");
  struct resp r = respond(outparam, 200, f);
  for (int i = 0; i < (is_long ? 20 : 1); i++) {
    if (stream_write(r.stream, "12345", 5)) break;
  }
  finish(r);
  incoming_request_drop(req);
}

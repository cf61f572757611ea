// Sends the headers and 5 bytes of a body, then traps.
#include "guest.h"
void handle(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  output_stream_blocking_write_and_flush(r.stream, (int32_t)"first", 5, RET);
  __builtin_trap();
}

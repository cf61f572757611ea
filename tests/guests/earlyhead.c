// Sends the head at once, `early` after N ms, `late` after N more (path /N, default 500).
#include "guest.h"

static void wait_ms(uint64_t ms) {
  int32_t p = monotonic_clock_subscribe_duration(ms * 1000000);
  pollable_block(p);
  pollable_drop(p);
}

void handle(int32_t req, int32_t outparam) {
  uint64_t ms = path_num(req, 500);
  struct resp r = respond(outparam, 200, fields_new());
  wait_ms(ms);
  output_stream_blocking_write_and_flush(r.stream, (int32_t)"early\n", 6, RET);
  wait_ms(ms);
  stream_write(r.stream, "late\n", 5);
  finish(r);
  incoming_request_drop(req);
}

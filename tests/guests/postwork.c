// Answers `done` in full, and only then works: spins 20 ms; /spin/N spins N ms, /sleep/N waits N ms, /trap traps.
#include "guest.h"

void handle(int32_t req, int32_t outparam) {
  const char* p;
  uint32_t n = get_path(req, &p);
  uint64_t nanoseconds = path_num(req, 20) * 1000000;
  char first = n > 1 ? p[1] : 's', second = n > 2 ? p[2] : 'p';
  respond_text(outparam, 200, "done\n", 5);
  incoming_request_drop(req);
  if (first == 't') __builtin_trap();
  if (second == 'l') {
    int32_t timer = monotonic_clock_subscribe_duration(nanoseconds);
    pollable_block(timer);
    pollable_drop(timer);
    return;
  }
  int64_t end = monotonic_clock_now() + (int64_t)nanoseconds;
  while (monotonic_clock_now() < end) {
  }
}

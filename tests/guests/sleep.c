// Waits N ms (path /N, else 1000) on the monotonic clock, then answers with the ns that went by.
#include "guest.h"
void handle(int32_t req, int32_t outparam) {
  uint64_t ms = path_num(req, 1000), t0 = monotonic_clock_now();
  int32_t p = monotonic_clock_subscribe_duration(ms * 1000000);
  pollable_block(p);
  pollable_drop(p);
  static char out[64];
  uint32_t k = put(out, "slept ns: ");
  k += put_num(out + k, monotonic_clock_now() - t0);
  out[k++] = '\n';
  respond_text(outparam, 200, out, k);
  incoming_request_drop(req);
}

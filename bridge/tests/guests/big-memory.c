// Needs 64 MiB of memory from the start.
#include "guest.h"

static volatile uint8_t block[64 << 20];

void handle(int32_t req, int32_t outparam) {
  block[path_num(req, 0)] = 1;
  respond_text(outparam, 200, "big\n", 4);
  incoming_request_drop(req);
}

// Loops for ever while it is instantiated.
#include "guest.h"

static volatile uint32_t n;

EXPORT("_initialize") void initialize(void) {
  for (;;) n++;
}

void handle(int32_t req, int32_t outparam) { respond_text(outparam, 200, "never\n", 6); }

// Never returns: an infinite loop, before any response.
#include "guest.h"
static volatile uint32_t n;
void handle(int32_t req, int32_t outparam) {
  for (;;) n++;
}

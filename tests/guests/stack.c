// Recurses for ever without touching linear memory's stack: the wasm stack itself overflows.
#include "guest.h"

static volatile uint32_t depth;

__attribute__((noinline)) static uint32_t down(uint32_t n) {
  depth = n;
  uint32_t below = down(n + 1);
  return below ^ depth;
}

void handle(int32_t req, int32_t outparam) { depth = down(0); }

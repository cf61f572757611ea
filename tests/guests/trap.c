// Traps (unreachable) before any response.
#include "guest.h"
void handle(int32_t req, int32_t outparam) { __builtin_trap(); }

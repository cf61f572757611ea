// Grows its memory by 1 MiB at a time, touching every page, until refused; then says how far it came
// (with /trap: traps instead, as a program whose malloc aborts does).
#include "guest.h"
void handle(int32_t req, int32_t outparam) {
  const char* p;
  uint32_t n = get_path(req, &p);
  int trap = n >= 5 && p[1] == 't';
  for (;;) {
    size_t at = __builtin_wasm_memory_grow(0, 16);
    if (at == (size_t)-1) break;
    for (uint32_t i = 0; i < 16; i++) *(volatile uint8_t*)((at + i) << 16) = 1;
  }
  if (trap) __builtin_trap();
  static char out[64];
  uint32_t k = put(out, "memory.grow refused at pages: ");
  k += put_num(out + k, __builtin_wasm_memory_size(0));
  out[k++] = '\n';
  respond_text(outparam, 200, out, k);
  incoming_request_drop(req);
}

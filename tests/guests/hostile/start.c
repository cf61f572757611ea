// Goes wrong while the instance starts: `_initialize` runs at instantiation, before any request is seen, and the variable START
// of its environment says how. Well behaved without it.
#include "hostile.h"

__attribute__((import_module("wasi:cli/exit@0.2.0"), import_name("exit"))) void cli_exit(int32_t is_error);

static volatile uint32_t n;

static uint32_t deeper(uint32_t k) { return k + deeper(k + n + 1) * 3; }

EXPORT("_initialize") void initialize(void) {
  get_environment(RET);
  struct {
    const char* name;
    uint32_t name_n;
    const char* value;
    uint32_t value_n;
  }* entry = (void*)ret.u32[0];
  char how = 0;
  for (uint32_t i = 0, count = ret.u32[1]; i < count; i++)
    if (entry[i].name_n == 5 && entry[i].name[0] == 'S') how = entry[i].value[0];
  switch (how) {
    case 't': __builtin_trap();  // trap
    case 's':                    // spin
      for (;;) n++;
    case 'w': wait_ms(86400000);  // wait
    case 'g':                     // grow
      while (__builtin_wasm_memory_grow(0, 16) != (size_t)-1) n++;
      __builtin_trap();
    case 'r': n = deeper(1);  // recurse
    case 'e': cli_exit(0);    // exit
  }
}

void handle(int32_t req, int32_t outparam) { answer(outparam, "started"); }

// A component that exports a function `run` and no incoming-handler.
#include <stdint.h>

__attribute__((export_name("run"))) int32_t run(void) { return 7; }

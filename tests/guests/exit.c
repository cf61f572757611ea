// Calls wasi:cli/exit before any response: exit(ok), or exit(err) for path /1; with /late after a whole response.
#include "guest.h"

__attribute__((import_module("wasi:cli/exit@0.2.0"), import_name("exit"))) void cli_exit(int32_t is_error);

void handle(int32_t req, int32_t outparam) {
  const char* p;
  uint32_t n = get_path(req, &p);
  if (n >= 5 && p[1] == 'l') respond_text(outparam, 200, "done\n", 5);
  cli_exit(path_num(req, 0) != 0);
}

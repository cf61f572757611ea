// Imports foo:bar/baz@1.0.0, which no host has.
#include "guest.h"

__attribute__((import_module("foo:bar/baz@1.0.0"), import_name("quux"))) void quux(void);

void handle(int32_t req, int32_t outparam) {
  quux();
  respond_text(outparam, 200, "linked\n", 7);
  incoming_request_drop(req);
}

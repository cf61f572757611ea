// Returns without ever setting a response.
#include "guest.h"
void handle(int32_t req, int32_t outparam) {
  incoming_request_drop(req);
  response_outparam_drop(outparam);
}

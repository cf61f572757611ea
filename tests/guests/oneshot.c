// Works once, as components do that handle a JavaScript fetch event: at the second call it returns without a response.
// Path /trap: it traps instead. /echo: as /, but a request's body comes back. /good: never minds. /bad: traps always.
#include "guest.h"
static uint32_t calls;
static int path_is(int32_t req, const char* want) {
  const char* p;
  uint32_t n = get_path(req, &p), k = slen(want);
  if (n < k) return 0;
  for (uint32_t i = 0; i < k; i++)
    if (p[i] != want[i]) return 0;
  return 1;
}
static void echo(int32_t req, int32_t outparam) {
  incoming_request_consume(req, RET);
  int32_t body = (int32_t)ret.u32[1];
  incoming_body_stream(body, RET);
  int32_t in = (int32_t)ret.u32[1];
  struct resp r = respond(outparam, 200, fields_new());
  for (;;) {
    input_stream_blocking_read(in, 4096, RET);
    if (ret.u8[0]) break;
    const void* data = (const void*)ret.u32[1];
    uint32_t n = ret.u32[2];
    if (n && stream_write(r.stream, data, n)) break;
  }
  input_stream_drop(in);
  incoming_body_drop(body);
  finish(r);
}
void handle(int32_t req, int32_t outparam) {
  calls++;
  if (path_is(req, "/bad")) __builtin_trap();
  if (calls > 1 && !path_is(req, "/good")) {
    if (path_is(req, "/trap")) __builtin_trap();
    incoming_request_drop(req);
    response_outparam_drop(outparam);
    return;
  }
  if (path_is(req, "/echo"))
    echo(req, outparam);
  else
    respond_text(outparam, 200, "once\n", 5);
  incoming_request_drop(req);
}

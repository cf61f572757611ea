// One line on stdout and one on stderr for each request; answers "logged".
#include "guest.h"
static void line(int32_t s, const char* a, const char* p, uint32_t n) {
  stream_write(s, a, slen(a));
  stream_write(s, p, n);
  stream_write(s, "\n", 1);
  output_stream_blocking_flush(s, RET);
  output_stream_drop(s);
}
void handle(int32_t req, int32_t outparam) {
  const char* p;
  uint32_t n = get_path(req, &p);
  line(get_stdout(), "stdout: ", p, n);
  line(get_stderr(), "stderr: ", p, n);
  respond_text(outparam, 200, "logged\n", 7);
  incoming_request_drop(req);
}

// Traps three calls deep, with debug information. With the path /panic it says why on stderr before, as Rust does; with
// /spin it loops in the innermost call.
#include "guest.h"

static void say(const char* words) {
  int32_t s = get_stderr();
  stream_write(s, words, slen(words));
  output_stream_blocking_flush(s, RET);
  output_stream_drop(s);
}

__attribute__((noinline)) static void innermost(int32_t what) {
  while (what == 2) __asm__ volatile("");
  if (what == 1) say("thread 'main' panicked at src/stock.rs:12:5:\nindex out of bounds: the len is 3 but the index is 7\n");
  *(volatile char*)0xfffffff0 = 0;
}

__attribute__((always_inline)) static inline void inlined(int32_t what) { innermost(what); }

__attribute__((noinline)) void outer_function(int32_t what) {
  inlined(what);
  __asm__ volatile("");
}

void handle(int32_t req, int32_t outparam) {
  const char* path;
  uint32_t n = get_path(req, &path);
  outer_function(n < 2 ? 0 : path[1] == 'p' ? 1 : 2);
  incoming_request_drop(req);
}

// Wastes what the host does for a guest: memory, tables, clocks, luck, the log, the environment, subrequests.
#include "hostile.h"

__attribute__((import_module("wasi:random/random@0.2.0"), import_name("get-random-bytes"))) void random_bytes(int64_t n,
                                                                                                          int32_t ret);
// memory.fill and memory.copy instead of loops.
#define BULK __attribute__((target("bulk-memory")))
// C has no tables: one of function references, empty, and how to grow it.
__asm__(".tabletype grown, funcref\n.globl grown\ngrown:\n");
#define GROW_TABLE(by, result) \
  __asm__ volatile("ref.null_func\n\tlocal.get %1\n\ttable.grow grown\n\tlocal.set %0" : "=r"(result) : "r"(by))
static char lines[64 << 10];

// All the memory that the instance may have, from `*block` on; its size.
static uint32_t all_memory(char** block) {
  uint32_t begin = __builtin_wasm_memory_size(0) << 16;
  for (uint32_t pages = 4096; pages; pages /= 2)
    while (__builtin_wasm_memory_grow(0, pages) != (size_t)-1) {
    }
  *block = (char*)begin;
  return (__builtin_wasm_memory_size(0) << 16) - begin;
}

static void grow_memory(int32_t req, int32_t outparam) {
  while (__builtin_wasm_memory_grow(0, 16) != (size_t)-1) {
  }
  __builtin_trap();
}
static void grow_table(int32_t req, int32_t outparam) {
  int32_t before, by = 4096;
  do GROW_TABLE(by, before);
  while (before != -1);
  __builtin_trap();
}
// A refused growth costs the host little, and the guest its CPU time.
static void grow_table_for_ever(int32_t req, int32_t outparam) {
  int32_t before, by = 0x7fffffff;
  for (;;) GROW_TABLE(by, before);
}
// One instruction each, in which no epoch is looked at.
BULK static void fill_for_ever(int32_t req, int32_t outparam) {
  char* block;
  uint32_t n = all_memory(&block);
  for (char c = 0;; c++) __builtin_memset(block, c, n);
}
BULK static void copy_for_ever(int32_t req, int32_t outparam) {
  char* block;
  uint32_t n = all_memory(&block);
  for (;;) __builtin_memmove(block, block + 1, n - 1);
}
static void clock_for_ever(int32_t req, int32_t outparam) {
  for (;;) monotonic_clock_now();
}
static void wall_clock_for_ever(int32_t req, int32_t outparam) {
  for (;;) wall_clock_now(RET);
}
static void random_4gib(int32_t req, int32_t outparam) { random_bytes(4ll << 30, RET); }
static void random_everything(int32_t req, int32_t outparam) { random_bytes(-1, RET); }
static void random_for_ever(int32_t req, int32_t outparam) {
  for (;;) random_bytes(64 << 10, RET), bump = 0;
}
static void environment_for_ever(int32_t req, int32_t outparam) {
  for (;;) get_environment(RET), bump = 0;
}
// 100 MB on stderr.
BULK static void log_flood(int32_t req, int32_t outparam) {
  int32_t log = get_stderr();
  for (uint32_t i = 0; i < sizeof lines; i++) lines[i] = i % 100 == 99 ? '\n' : 'l';
  for (int i = 0; i < 1600; i++) stream_write(log, lines, sizeof lines);
  answer(outparam, "logged");
}
BULK static void log_empty_lines(int32_t req, int32_t outparam) {
  int32_t log = get_stdout();
  for (uint32_t i = 0; i < sizeof lines; i++) lines[i] = '\n';
  for (int i = 0; i < 100; i++) stream_write(log, lines, sizeof lines);
  answer(outparam, "logged");
}
static void log_not_text(int32_t req, int32_t outparam) {
  int32_t log = get_stdout();
  for (uint32_t i = 0; i < 1024; i++) lines[i] = (char)i;
  stream_write(log, lines, 1024);
  stream_write(log, "\033]0;owned\007\033[2J\n", 15);
  answer(outparam, "logged");
}
// 60 subrequests; answers how many were let go before the first was refused for their number.
static void subrequests(int32_t req, int32_t outparam) {
  uint32_t count = 0;
  for (; count < 60; count++) {
    int32_t request = outgoing_request_new(fields_new());
    outgoing_request_set_scheme(request, 1, 0, 0, 0);
    outgoing_request_set_authority(request, 1, (int32_t) "127.0.0.1:1", 11);
    outgoing_request_set_path_with_query(request, 1, (int32_t) "/", 1);
    outgoing_handler_handle(request, 0, 0, RET);
    uint32_t code = ret.u8[8], is_error = ret.u8[0];
    if (!is_error) {
      int32_t future = ret.u32[2], ready = future_incoming_response_subscribe(future);
      pollable_block(ready);
      pollable_drop(ready);
      static union {
        uint64_t align;
        uint8_t u8[80];
      } got;  // option<result<result<incoming-response, error-code>>>
      future_incoming_response_get(future, (int32_t)&got);
      future_incoming_response_drop(future);
      is_error = got.u8[16];
      code = got.u8[24];
    }
    if (is_error && code == 11) break;  // connection-limit-reached
  }
  static char out[32];
  respond_text(outparam, 200, out, put_num(out, count));
}
// Strings that are not UTF-8, where the interface says string.
static void not_utf8(int32_t req, int32_t outparam) {
  outgoing_request_set_authority(outgoing_request_new(fields_new()), 1, (int32_t) "\xc3\x28", 2);
  answer(outparam, "accepted");
}
static void string_out_of_bounds(int32_t req, int32_t outparam) {
  outgoing_request_set_authority(outgoing_request_new(fields_new()), 1, 0x7ffffff0, 4096);
  answer(outparam, "accepted");
}
static void crlf_in_target(int32_t req, int32_t outparam) {
  static const char kTarget[] = "/ HTTP/1.1\r\nhost: b\r\n\r\nGET /";
  answer_whether(outparam, outgoing_request_set_path_with_query(outgoing_request_new(fields_new()), 1, (int32_t)kTarget,
                                                                sizeof kTarget - 1));
}
static void crlf_in_method(int32_t req, int32_t outparam) {
  static const char kMethod[] = "GET / HTTP/1.1\r\n\r\nGET";
  answer_whether(outparam, outgoing_request_set_method(outgoing_request_new(fields_new()), 9, (int32_t)kMethod,
                                                       sizeof kMethod - 1));
}

static const struct behaviour kTable[] = {
    {"grow-memory", grow_memory},
    {"grow-table", grow_table},
    {"grow-table-for-ever", grow_table_for_ever},
    {"fill-for-ever", fill_for_ever},
    {"copy-for-ever", copy_for_ever},
    {"clock-for-ever", clock_for_ever},
    {"wall-clock-for-ever", wall_clock_for_ever},
    {"random-4gib", random_4gib},
    {"random-everything", random_everything},
    {"random-for-ever", random_for_ever},
    {"environment-for-ever", environment_for_ever},
    {"log-flood", log_flood},
    {"log-empty-lines", log_empty_lines},
    {"log-not-text", log_not_text},
    {"subrequests", subrequests},
    {"not-utf8", not_utf8},
    {"string-out-of-bounds", string_out_of_bounds},
    {"crlf-in-target", crlf_in_target},
    {"crlf-in-method", crlf_in_method},
};
BEHAVE(kTable)

// Ends badly: every kind of trap before a response, one kind in every phase of a response, and exit likewise.
#include "hostile.h"

__attribute__((import_module("wasi:cli/exit@0.2.0"), import_name("exit"))) void cli_exit(int32_t is_error);

static volatile int32_t zero;
static volatile float huge = 1e30f;
static int (*volatile no_function)(int);
static void (*volatile other_type)(void);

// Kinds.
static void unreachable(int32_t req, int32_t outparam) { __builtin_trap(); }
static void divide(int32_t req, int32_t outparam) { zero = 1000 / zero; }
static void convert(int32_t req, int32_t outparam) { zero = __builtin_wasm_trunc_s_i32_f32(huge); }
static void load(int32_t req, int32_t outparam) { zero = *(volatile int32_t*)0xfffffffcu; }
static void store(int32_t req, int32_t outparam) { *(volatile int32_t*)0x7ffffffcu = 1; }
static void call_null(int32_t req, int32_t outparam) { zero = no_function(1); }
static void call_wrong_type(int32_t req, int32_t outparam) {
  other_type = (void (*)(void))divide;
  other_type();
}
static int deeper(int n) { return n + deeper(n + zero + 1) * 3; }
static void recurse(int32_t req, int32_t outparam) { zero = deeper(1); }
// Its frames lie in linear memory, below which there is nothing.
static int deeper_in_memory(int n) {
  volatile char frame[4096];
  frame[n & 4095] = (char)n;
  return deeper_in_memory(n + 1) + frame[(n + 7) & 4095];
}
static void recurse_in_memory(int32_t req, int32_t outparam) { zero = deeper_in_memory(1); }

// Phases.
static void after_head(int32_t req, int32_t outparam) {
  respond(outparam, 200, fields_new());
  __builtin_trap();
}
static void mid_body(int32_t req, int32_t outparam) {
  first_bytes(outparam);
  __builtin_trap();
}
static void after_body(int32_t req, int32_t outparam) {
  answer(outparam, "whole");
  __builtin_trap();
}
static void post_work(int32_t req, int32_t outparam) {
  answer(outparam, "whole");
  wait_ms(10);
  __builtin_trap();
}

static void exit_ok(int32_t req, int32_t outparam) { cli_exit(0); }
static void exit_error(int32_t req, int32_t outparam) { cli_exit(1); }
static void exit_after_head(int32_t req, int32_t outparam) {
  respond(outparam, 200, fields_new());
  cli_exit(0);
}
static void exit_mid_body(int32_t req, int32_t outparam) {
  first_bytes(outparam);
  cli_exit(0);
}
static void exit_late(int32_t req, int32_t outparam) {
  answer(outparam, "whole");
  cli_exit(1);
}

static const struct behaviour kTable[] = {
    {"unreachable", unreachable},
    {"divide", divide},
    {"convert", convert},
    {"load", load},
    {"store", store},
    {"call-null", call_null},
    {"call-wrong-type", call_wrong_type},
    {"recurse", recurse},
    {"recurse-in-memory", recurse_in_memory},
    {"after-head", after_head},
    {"mid-body", mid_body},
    {"after-body", after_body},
    {"post-work", post_work},
    {"exit-ok", exit_ok},
    {"exit-error", exit_error},
    {"exit-after-head", exit_after_head},
    {"exit-mid-body", exit_mid_body},
    {"exit-late", exit_late},
};
BEHAVE(kTable)

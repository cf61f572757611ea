// What the sanitizers are told in every program of an asan or tsan build, so that no environment is needed to run one.

// Guests run on stacks of their own: the fake stacks of use-after-return detection do not follow a switch of stacks.
extern "C" const char* __asan_default_options() {
  return "detect_stack_use_after_return=0:strict_string_checks=1:check_initialization_order=1:detect_leaks=1";
}

extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1:halt_on_error=1"; }

// Tests fork, and their children start threads.
extern "C" const char* __tsan_default_options() { return "second_deadlock_stack=1:history_size=4:die_after_fork=0"; }

// The Rust code is not instrumented, so its own synchronisation cannot be seen: what it hands from thread to thread by
// channels and locks of its own looks like a race. Only what has a frame inside of it is forgiven. (Leaks:
// bridge/src/abi.rs says what Rust's threads keep.)
extern "C" const char* __tsan_default_suppressions() {
  return "race:wasmtime\n"
         "race:cranelift\n"
         "race:regalloc2\n"
         "race:rayon\n"
         "race:tokio\n"
         "race:mio\n"
         "race:peko_bridge\n"
         "race:/rustc/\n"
         "race:mi_\n"
         // Writes to memory that it has just allocated, whose last owner gave it back through mimalloc's atomics.
         "race:bytes::bytes::Bytes::copy_from_slice\n";
}

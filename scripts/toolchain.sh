#!/usr/bin/env bash
# Makes this machine able to build the samples and the test guests: clang and linkers for C, the target wasm32-wasip2
# for Rust, node and npm for TypeScript. Installs only what is missing, and says what.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/wasm-tools.sh
. "$PEKO_ROOT/scripts/wasm-tools.sh"

NODE_MINIMUM=18 # as scripts/setup.sh says

# wasm-component-ld comes with every rustup toolchain and with Debian's rust-web-llvm.
need_c() {
  if find_wasm_linkers; then return; fi
  need_packages clang-19 lld-19
  if find_wasm_linkers; then return; fi
  need_packages rust-web-llvm lld-22
  find_wasm_linkers || die "there is no wasm-component-ld" "Install a rustup toolchain or Debian's rust-web-llvm."
}

# A rustup toolchain gets the target from rustup's server; where that does not answer, Debian's Rust and the source of
# its standard library make one.
need_rust() {
  if wasm_cargo >/dev/null; then return; fi
  if have rustup; then
    step "Adding the Rust target wasm32-wasip2"
    if timeout 300 rustup target add wasm32-wasip2 && has_wasip2_target; then return; fi
    say "rustup could not add it: it is built from Debian's Rust instead"
  fi
  need_packages rustc-web cargo-web rust-web-src rust-web-llvm wasi-libc clang-22 llvm-22 lld-22
  step "Building Rust's standard library for wasm32-wasip2 (about a minute)"
  "$PEKO_ROOT/scripts/wasm-sysroot.sh" "$WASM_SYSROOT"
}

need_node() {
  if ! have node || ! have npm; then need_packages nodejs npm; fi
  version_at_least "$NODE_MINIMUM" "$(node --version | tr -d v)" ||
    die "Node.js $NODE_MINIMUM or later is needed for the samples in TypeScript; this machine has $(node --version)" \
      "Install a newer one from https://nodejs.org and start again."
}

need_c
need_rust
need_node

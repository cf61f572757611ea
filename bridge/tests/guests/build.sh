#!/bin/bash
# build.sh OUTDIR builds the guests of the bridge's own tests to OUTDIR/NAME.wasm, as tests/guests/build.sh does.
set -euo pipefail
shopt -s nullglob
out=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"
common=../../../tests/guests
# Prints the first argument that is a command or an executable file.
first() { command -v "$@" 2>/dev/null | head -1 || true; }
rust=("${RUSTUP_HOME:-$HOME/.rustup}"/toolchains/*/lib/rustlib/*/bin /usr/lib/rustlib/*/bin)
clang=${CLANG:-$(first clang-19 clang-22 clang)}
wasm_ld=${WASM_LD:-$(first wasm-ld-19 wasm-ld-22 wasm-ld)}
wasm_component_ld=${WASM_COMPONENT_LD:-$(first wasm-component-ld "${rust[@]/%//wasm-component-ld}")}
mkdir -p "$out"
for source in *.c; do
  name=${source%.c}
  "$clang" --target=wasm32-unknown-unknown -O2 -ffreestanding -nostdlib -Wall -Wno-unused-variable -Wno-unused-function \
    -I"$common" -c "$source" -o "$out/$name.o"
  "$wasm_component_ld" --wasm-ld-path "$wasm_ld" --component-type "$common/http.wit" --wasi-adapter none --no-entry \
    --gc-sections -z stack-size=16384 --stack-first "$out/$name.o" -o "$out/$name.wasm"
  rm "$out/$name.o"
done

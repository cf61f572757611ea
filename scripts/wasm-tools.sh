# shellcheck shell=bash
# Finds and runs the tools that make components; sourced after lib.sh. CLANG, WASM_LD and WASM_COMPONENT_LD can be set
# from outside.

# Prints the first argument that is a command or an executable file.
first_of() {
  local candidate
  for candidate in "$@"; do
    if command -v "$candidate" 2>/dev/null; then return; fi
  done
  return 1
}

# The folders where a Rust toolchain keeps its linkers: rustup's, Debian's.
rust_tool_dirs() {
  local dir
  for dir in "${RUSTUP_HOME:-$HOME/.rustup}"/toolchains/*/lib/rustlib/*/bin /usr/lib/rustlib/*/bin; do
    if [ -d "$dir" ]; then printf '%s\n' "$dir"; fi
  done
}

# Sets CLANG, WASM_LD and WASM_COMPONENT_LD; fails when one is missing.
find_wasm_linkers() {
  local dirs
  mapfile -t dirs < <(rust_tool_dirs)
  CLANG=${CLANG:-$(first_of clang-19 clang-22 clang)} || return 1
  WASM_LD=${WASM_LD:-$(first_of wasm-ld-19 wasm-ld-22 "${dirs[@]/%//gcc-ld/wasm-ld}" wasm-ld)} || return 1
  WASM_COMPONENT_LD=${WASM_COMPONENT_LD:-$(first_of wasm-component-ld "${dirs[@]/%//wasm-component-ld}")} || return 1
}

# link_component OUT.wasm SOURCE.c [FILE.wit...] makes a freestanding component (no libc, no adapter) by way of a
# temporary name, so that a reader never sees half a file. The words of GUEST_FLAGS go to the linker; where it is not
# set, -s: no names and no debug information.
link_component() {
  local out=$1 source=$2 types=() wit status=0 flags
  read -ra flags <<<"${GUEST_FLAGS--s}"
  shift 2
  for wit in "$@"; do types+=(--component-type "$wit"); done
  local work
  work=$(mktemp -d -p "$(dirname "$out")" .link-XXXXXX)
  {
    "$CLANG" --target=wasm32-unknown-unknown -O2 -ffreestanding -nostdlib -Wall -Wno-unused-function \
      -Wno-unused-variable -Wno-infinite-recursion -g -c "$source" -o "$work/o" &&
      "$WASM_COMPONENT_LD" --wasm-ld-path "$WASM_LD" "${types[@]}" --wasi-adapter none --no-entry --gc-sections "${flags[@]}" \
        -z stack-size=16384 --stack-first "$work/o" -o "$work/wasm" &&
      mv "$work/wasm" "$out"
  } || status=$?
  rm -rf "$work"
  return $status
}

# Where wasm-sysroot.sh puts the Rust that toolchain.sh makes when rustup cannot.
WASM_SYSROOT=$PEKO_ROOT/build/wasm-sysroot

# Prints the cargo that can build for wasm32-wasip2: the one in PATH when its toolchain has the target, else that of
# WASM_SYSROOT.
wasm_cargo() {
  if has_wasip2_target; then
    command -v cargo
  elif [ -x "$WASM_SYSROOT/bin/cargo" ]; then
    printf '%s\n' "$WASM_SYSROOT/bin/cargo"
  else
    return 1
  fi
}

# Succeeds when the rustc in PATH has a standard library for wasm32-wasip2.
has_wasip2_target() {
  have cargo && have rustc &&
    [ -d "$(rustc --print sysroot 2>/dev/null)/lib/rustlib/wasm32-wasip2/lib" ]
}

#!/usr/bin/env bash
# build.sh [OUTDIR [NAME...]]: builds NAME.c to OUTDIR/NAME.wasm (default: build/guests, all; hostile/NAME for those
# of that folder), only what is older than its sources. scripts/toolchain.sh installs what it needs.
set -euo pipefail
out=${1:+$(realpath -m "$1")}
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=scripts/lib.sh
. ../../scripts/lib.sh
# shellcheck source=scripts/wasm-tools.sh
. "$PEKO_ROOT/scripts/wasm-tools.sh"

# Prints the WIT files of a guest: http.wit, and what NAME.wit adds to its world. no-handler's stands alone.
worlds_of() {
  if [ "$1" != no-handler ]; then echo http.wit; fi
  if [ -f "$1.wit" ]; then echo "$1.wit"; fi
}

# Prints what the linker is told beside the usual: debug information for a backtrace, and imports that stay in the versions
# that they have.
flags_of() {
  case $1 in
    backtrace) ;;
    surface) echo -s --merge-imports-based-on-semver=false ;;
    *) echo -s ;;
  esac
}

# Guests in Rust, each a crate: cargo knows itself what is out of date.
build_crate() {
  local name=$1 cargo built
  cargo=$(wasm_cargo) || die "there is no Rust for wasm32-wasip2" "Run scripts/toolchain.sh."
  (cd "$name" && env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET CARGO_TARGET_DIR="$out/cargo" \
    "$cargo" build --quiet --locked --release --target wasm32-wasip2)
  built=$out/cargo/wasm32-wasip2/release/$name.wasm
  if cmp -s "$built" "$out/$name.wasm"; then return; fi
  cp "$built" "$out/$name.wasm.new"
  mv "$out/$name.wasm.new" "$out/$name.wasm"
}

shopt -s nullglob
out=${out:-$PEKO_ROOT/build/guests}
[ $# -eq 0 ] || shift
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  for source in *.c hostile/*.c; do names+=("${source%.c}"); done
  for crate in */Cargo.toml; do build_crate "$(dirname "$crate")"; done
fi

stale=()
for name in "${names[@]}"; do
  mapfile -t worlds < <(worlds_of "$name")
  up_to_date "$out/$name.wasm" "$name.c" "${worlds[@]}" guest.h wasi_http.h hostile/hostile.h build.sh || stale+=("$name")
done
[ ${#stale[@]} -gt 0 ] || exit 0

find_wasm_linkers || die "clang, wasm-ld or wasm-component-ld is missing" "Run scripts/toolchain.sh."
mkdir -p "$out/hostile"
step "Building ${#stale[@]} test guests"
for name in "${stale[@]}"; do
  mapfile -t worlds < <(worlds_of "$name")
  GUEST_FLAGS=$(flags_of "$name")
  link_component "$out/$name.wasm" "$name.c" "${worlds[@]}"
done

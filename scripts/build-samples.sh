#!/usr/bin/env bash
# build-samples.sh [NAME...]: builds samples (default: all), only what is out of date: components to
# build/samples/NAME.wasm; of scripts, which peko bundles by itself, the npm packages.
# scripts/toolchain.sh installs what it needs.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/wasm-tools.sh
. "$PEKO_ROOT/scripts/wasm-tools.sh"
out=$PEKO_ROOT/build/samples

# cargo knows itself what is out of date. Flags of the caller's own builds are kept out of the samples'.
build_rust() {
  local name=$1 cargo built
  cargo=$(wasm_cargo) || die "there is no Rust for wasm32-wasip2" "Run scripts/toolchain.sh."
  cd "$PEKO_ROOT/samples/$name"
  env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET CARGO_TARGET_DIR="$out/cargo" \
    "$cargo" build --locked --release --target wasm32-wasip2
  built=$out/cargo/wasm32-wasip2/release/$name.wasm
  if cmp -s "$built" "$out/$name.wasm"; then return; fi
  cp "$built" "$out/$name.wasm.new"
  mv "$out/$name.wasm.new" "$out/$name.wasm"
}

install_script() {
  cd "$PEKO_ROOT/samples/$1"
  npm_install "samples/$1"
}

# Its sources are those of ssr.
build_ssr_component() {
  local name=ssr-component
  (install_script ssr)
  install_script "$name"
  if ! is_stale "$out/$name.wasm" src ../ssr/src wit build.mjs package-lock.json tsconfig.json; then return; fi
  step "Building samples/$name (10 to 20 s)"
  node build.mjs "$out/$name.wasm"
}

build_c() {
  local name=$1
  cd "$PEKO_ROOT/samples/$name"
  if ! is_stale "$out/$name.wasm" hello.c hello.wit; then return; fi
  find_wasm_linkers || die "clang, wasm-ld or wasm-component-ld is missing" "Run scripts/toolchain.sh."
  step "Building samples/$name"
  link_component "$out/$name.wasm" hello.c hello.wit
}

mkdir -p "$out"
all=(hello-c hono-api image-resize proxy-cache rest-api rest-api-ts ssr ssr-component)
[ $# -gt 0 ] || set -- "${all[@]}"
for name in "$@"; do
  case $name in
    hello-c) (build_c "$name") ;;
    rest-api | image-resize) (build_rust "$name") ;;
    hono-api | proxy-cache | rest-api-ts | ssr) (install_script "$name") ;;
    ssr-component) (build_ssr_component) ;;
    *) die "there is no sample '$name'" "There are: ${all[*]}" ;;
  esac
done

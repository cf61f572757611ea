#!/usr/bin/env bash
# bench-peers.sh: builds wasmtime's own server, of the version that the bridge is locked to, to compare with (some minutes, once).
# It is built as well as Peko is: by the profile that its own project has for speed (link-time optimisation, one unit), and on x86-64
# for the same CPUs (cmake/PekoCargo.cmake). The peers from npm are those of tests/peers.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$PEKO_ROOT"

version=$(sed -n '/^name = "wasmtime"$/{n;s/^version = "\(.*\)"$/\1/p}' bridge/Cargo.lock)
if [ -z "$version" ]; then die "bridge/Cargo.lock names no version of wasmtime"; fi
profile=fastest-runtime
flags=
if [ "$(uname -m)" = x86_64 ]; then flags='-C target-cpu=x86-64-v3'; fi
stamp=build/peers/wasmtime.stamp # what the binary was built of
built="$version $profile $flags"
if [ "$(cat "$stamp" 2>/dev/null)" = "$built" ] && build/peers/bin/wasmtime --version >/dev/null 2>&1; then exit 0; fi
step "Building wasmtime-cli $version ($profile $flags), to compare with"
rm -f "$stamp"
CARGO_TARGET_DIR=build/peers/target RUSTFLAGS="$flags" \
  cargo install wasmtime-cli --version "$version" --locked --profile "$profile" --force --root build/peers
printf '%s\n' "$built" >"$stamp"

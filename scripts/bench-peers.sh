#!/usr/bin/env bash
# bench-peers.sh: builds wasmtime's own server, of the version that the bridge is locked to, to compare with (some minutes, once).
# The peers from npm are those of tests/peers.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$PEKO_ROOT"

version=$(sed -n '/^name = "wasmtime"$/{n;s/^version = "\(.*\)"$/\1/p}' bridge/Cargo.lock)
if build/peers/bin/wasmtime --version 2>/dev/null | grep -qF "wasmtime $version"; then exit 0; fi
step "Building wasmtime-cli $version, to compare with"
CARGO_TARGET_DIR=build/peers/target cargo install wasmtime-cli --version "$version" --locked --root build/peers

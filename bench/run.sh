#!/usr/bin/env bash
# Runs the benchmarks against the peers: bench/run.sh [PEKO]. Builds wasmtime's own server first, of the version that the bridge is
# locked to (some minutes, once). All servers listen on loopback; every load is bounded. Each case that has a bar says PASS or FAIL.
set -euo pipefail
cd "$(dirname "$0")/.."
export PEKO_BIN="${1:-build/release/peko}"

version=$(sed -n '/^name = "wasmtime"$/{n;s/^version = "\(.*\)"$/\1/p}' bridge/Cargo.lock)
if ! build/peers/bin/wasmtime --version 2>/dev/null | grep -qF "wasmtime $version"; then
  echo "==> Building wasmtime-cli $version, to compare with"
  CARGO_TARGET_DIR=build/peers/target cargo install wasmtime-cli --version "$version" --locked --root build/peers
fi

python3 bench/warm_hello.py
python3 bench/assets.py
python3 bench/fairness.py
python3 bench/cold_start.py
python3 bench/density.py
python3 bench/deploy_live.py

#!/usr/bin/env bash
# build.sh: builds the engine that runs JavaScript functions, build/js/engine.wasm, when it is out of date.
# scripts/setup.sh installs what it needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=scripts/lib.sh
. ../scripts/lib.sh

out=$PEKO_ROOT/build/js
mkdir -p "$out"
exec 9>"$out/.lock" # two builds at once would install into one folder
flock 9
if ! have node || ! have npm; then
  die "Node.js and npm are needed to build the JavaScript engine" "Run scripts/setup.sh."
fi
npm_install js
is_stale "$out/engine.wasm" engine wit build.mjs rejections.mjs package-lock.json || exit 0
step "Building the JavaScript engine (10 to 20 s)"
node build.mjs "$out/engine.wasm"

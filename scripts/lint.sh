#!/usr/bin/env bash
# Format, clang-tidy, clippy and shellcheck. clang-tidy looks at the sources (not the tests) that differ from
# origin/main, or at all with ALL=1. Needs a configured build: scripts/lint.sh build/release
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$PEKO_ROOT"

build="${1:?usage: scripts/lint.sh BUILD_FOLDER}"
status=0

step "Format"
scripts/format.sh --check || status=1

list_sources() {
  if [ -n "${ALL:-}" ] || ! git rev-parse --verify -q origin/main >/dev/null; then
    git ls-files -co --exclude-standard -- 'src/*.cpp'
  else
    git diff --name-only --diff-filter=d "$(git merge-base HEAD origin/main)" -- 'src/*.cpp'
    git ls-files -o --exclude-standard -- 'src/*.cpp'
  fi | grep -v _test.cpp | sort -u
}
mapfile -t sources < <(list_sources)
step "clang-tidy: ${#sources[@]} files"
if [ "${#sources[@]}" -gt 0 ]; then
  printf '%s\0' "${sources[@]}" |
    xargs -0 -n 1 -P "${JOBS:-$(nproc)}" clang-tidy-19 -p "$build" --quiet --warnings-as-errors='*' || status=1
fi

step "clippy"
if cargo clippy --version >/dev/null 2>&1; then
  CARGO_TARGET_DIR="$PEKO_ROOT/build/cargo" \
    cargo clippy --release --locked --all-targets --manifest-path bridge/Cargo.toml -- -D warnings || status=1
else
  echo "left out: there is no cargo clippy here (rustup component add clippy)"
fi

step "shellcheck"
mapfile -t scripts < <(git ls-files -co --exclude-standard -- '*.sh' '.ci/run')
shellcheck -x "${scripts[@]}" || status=1

[ "$status" -eq 0 ] || die "lint found something: see above"
step "lint is clean"

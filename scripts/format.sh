#!/usr/bin/env bash
# Formats what git knows of the C++ and Rust code, or with --check only says what is not formatted.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$PEKO_ROOT"

clang_options=(-i)
cargo_options=()
if [ "${1:-}" = --check ]; then
  clang_options=(--dry-run -Werror)
  cargo_options=(--check)
fi

mapfile -t sources < <(git ls-files -co --exclude-standard -- '*.cpp' '*.hpp' 'bridge/*.h' 'samples/*.c' | sort -u)
mapfile -t manifests < <(git ls-files -co --exclude-standard -- '*Cargo.toml')
status=0
[ "${#sources[@]}" -eq 0 ] || clang-format-19 "${clang_options[@]}" "${sources[@]}" || status=1
for manifest in "${manifests[@]}"; do
  cargo fmt --manifest-path "$manifest" -- "${cargo_options[@]}" || status=1
done
[ "$status" -eq 0 ] || die "not formatted as the tree's settings say" "Run: make fmt"

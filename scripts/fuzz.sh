#!/usr/bin/env bash
# Fuzzes each parser for a while: scripts/fuzz.sh SECONDS. What is found new stays in build/fuzz/corpus; a crash is an
# error, and its input is in build/fuzz/crashes.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$PEKO_ROOT"

seconds="${1:?usage: scripts/fuzz.sh SECONDS}"
mkdir -p build/fuzz/crashes
found=0
for program in build/fuzz/fuzz/*_fuzz; do
  [ -x "$program" ] || continue
  name="$(basename "$program" _fuzz)"
  found=$((found + 1))
  mkdir -p "build/fuzz/corpus/$name"
  step "Fuzzing $name for $seconds s"
  "$program" -max_total_time="$seconds" -max_len=16384 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/crashes/$name-" "build/fuzz/corpus/$name" "fuzz/corpus/$name"
done
[ "$found" -gt 0 ] || die "no fuzzers in build/fuzz/fuzz" "Build them: make fuzz"
step "$found fuzzers, no crash"

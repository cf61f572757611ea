#!/usr/bin/env bash
# Brings the S3 servers that tests/s3 starts: versitygw (built from its Go module) and moto (from PyPI), pinned, into a
# folder of build/. Silent and quick when they are there. Without a Go, which versitygw needs, and which not every Debian
# has, it brings moto alone, says so and ends with status 77: the tests on versitygw are skipped then.
#
#   scripts/s3_servers.sh [FOLDER]    build/tools unless told
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

VERSITYGW=v1.8.0
GO_WANTED=1.25.0 # versitygw asks for it
GO_FETCHES=1.21  # the first Go that fetches another one by itself
GO_PACKAGES=(golang-1.26-go golang-1.25-go golang-1.24-go golang-1.23-go golang-1.22-go) # Debian's own, or its backports
SKIPPED=77
REQUIREMENTS="$PEKO_ROOT/tests/s3/requirements.txt"
tools="${1:-$PEKO_ROOT/build/tools}"
versitygw_stamp="$tools/versitygw-$VERSITYGW.stamp"
mkdir -p "$tools"

go_version() { go env GOVERSION 2>/dev/null | sed 's/^go//'; }

# A go in PATH, else Debian's, that is new enough or fetches one that is. Fails when there is none.
find_go() {
  local package
  if ! have go || ! version_at_least "$GO_FETCHES" "$(go_version)"; then
    package="$(first_package "${GO_PACKAGES[@]}")" || return 1
    (need_packages "$package") || return 1
    package="${package#golang-}"
    PATH="/usr/lib/go-${package%-go}/bin:$PATH"
  fi
  if version_at_least "$GO_WANTED" "$(go_version)"; then return; fi
  export GOTOOLCHAIN="go$GO_WANTED"
  go version >/dev/null
}

build_versitygw() {
  step "Building versitygw $VERSITYGW (an S3 server for the tests; about two minutes)"
  GOBIN="$tools" CGO_ENABLED=0 go install -ldflags '-s -w' "github.com/versity/versitygw/cmd/versitygw@$VERSITYGW"
  touch "$versitygw_stamp"
}

need_moto() {
  local stamp="$tools/moto.stamp"
  if up_to_date "$stamp" "$REQUIREMENTS" && [ -x "$tools/moto/bin/moto_server" ]; then return; fi
  step "Installing moto (an S3 server for the tests)"
  python3 -m venv "$tools/moto" 2>/dev/null || {
    rm -rf "$tools/moto"
    need_packages python3-venv
    python3 -m venv "$tools/moto"
  }
  "$tools/moto/bin/pip" install -q --disable-pip-version-check --no-deps -r "$REQUIREMENTS"
  touch "$stamp"
}

need_moto
if up_to_date "$versitygw_stamp" "$tools/versitygw"; then exit 0; fi
if ! find_go; then
  say "SKIPPED: the tests on the S3 server versitygw, because there is no Go $GO_WANTED or later to build it with."
  say "         Install Go from https://go.dev/dl (go must be in PATH) and start again."
  exit "$SKIPPED"
fi
build_versitygw

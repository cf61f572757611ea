#!/usr/bin/env bash
# Brings the S3 servers that tests/s3 starts: versitygw (built from its Go module) and moto (from PyPI), pinned, into a
# folder of build/. Silent and quick when they are there.
#
#   scripts/s3_servers.sh [FOLDER]    build/tools unless told
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

VERSITYGW=v1.8.0
GO_MINIMUM=1.25 # versitygw asks for it
REQUIREMENTS="$PEKO_ROOT/tests/s3/requirements.txt"
tools="${1:-$PEKO_ROOT/build/tools}"
mkdir -p "$tools"

go_version() { go env GOVERSION 2>/dev/null | sed 's/^go//'; }

need_versitygw() {
  local stamp="$tools/versitygw-$VERSITYGW.stamp"
  if up_to_date "$stamp" "$tools/versitygw"; then return; fi
  have go || die "Go $GO_MINIMUM or later is needed to build the S3 server that the tests start" \
    "Install it from https://go.dev/dl and start again; go must be in PATH."
  version_at_least "$GO_MINIMUM" "$(go_version)" ||
    die "Go $GO_MINIMUM or later is needed to build the S3 server that the tests start; this machine has $(go_version)" \
      "Install a newer one from https://go.dev/dl and start again."
  step "Building versitygw $VERSITYGW (an S3 server for the tests; about two minutes)"
  GOBIN="$tools" CGO_ENABLED=0 go install -ldflags '-s -w' "github.com/versity/versitygw/cmd/versitygw@$VERSITYGW"
  touch "$stamp"
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

need_versitygw
need_moto

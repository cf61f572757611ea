#!/usr/bin/env bash
# install.sh: installs the runtimes that samples are compared with (workerd, by miniflare), from npm.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=scripts/lib.sh
. ../../scripts/lib.sh
npm_install tests/peers

#!/usr/bin/env bash
# Installs what building Peko needs and this machine lacks. Says what it installs; silent and quick when all is there.
#
#   scripts/setup.sh            what make build, run and test need
#   scripts/setup.sh bench      what make bench needs besides
#   scripts/setup.sh lint       what make lint and fmt need besides
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

RUST_MINIMUM=1.95 # wasmtime 48 asks for it (its MSRV)
NODE_MINIMUM=18   # Debian 12's; what builds the engine runs on it, though some of its packages name 20.19

BUILD_PACKAGES=(
  clang-19 lld-19 llvm-19 libclang-rt-19-dev # compiler, linker, llvm-ar for LTO, sanitizers and libFuzzer
  g++                                        # libstdc++'s headers, the C++ standard library that clang uses here
  cmake ninja-build make pkg-config ccache
  libtomlplusplus-dev libcli11-dev libfmt-dev libssl-dev libseccomp-dev libcurl4-openssl-dev libpugixml-dev
  libsqlite3-dev zlib1g-dev libbrotli-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  bindfs                                    # tests mount a code store with it
  chromium chromium-driver python3-selenium # tests look at pages with them
  zsh fish mandoc                           # tests complete commands in these shells, and check the manual page
  ca-certificates curl git python3
)
LINT_PACKAGES=(clang-format-19 clang-tidy-19 shellcheck)
BENCH_PACKAGES=(
  nginx-light valgrind linux-perf
  python3-matplotlib python3-munkres # without the latter apt would bring scipy, and a Boost that ours conflicts with
)

# Debian 12 has Boost 1.81 beside its default 1.74; Debian 13's default is 1.83.
add_boost() {
  local boost names=(libboost1.81-dev libboost1.83-dev libboost1.88-dev)
  if ! boost="$(first_package "${names[@]}")"; then
    # A machine that has never fetched its package lists.
    step "Fetching the lists of Debian packages"
    as_root apt-get update -q || die "apt-get update failed" "Check the network and /etc/apt/sources.list."
    boost="$(first_package "${names[@]}")" || die "this Debian has no Boost from 1.81 on" "Peko needs Debian 12 or 13."
  fi
  BUILD_PACKAGES+=("$boost" "${boost/libboost/libboost-json}")
}

rust_version() { cargo --version 2>/dev/null | awk '{print $2}'; }
rust_is_new() { have cargo && version_at_least "$RUST_MINIMUM" "$(rust_version)"; }

# By rustup, as most people have it; where its server does not answer, from Debian (rustc-web is the newest it has).
install_rust() {
  if rust_is_new; then return; fi
  if have rustup; then
    step "Updating Rust $(rust_version) to $RUST_MINIMUM or later (rustup)"
    if ! rustup toolchain install stable --profile minimal --component clippy,rustfmt || ! rustup default stable; then
      say "rustup failed"
    fi
  else
    step "Installing Rust for this user (rustup)"
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
      sh -s -- -y --profile minimal --component clippy,rustfmt --no-modify-path || say "rustup failed"
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  fi
  if rust_is_new; then return; fi
  if first_package cargo-web >/dev/null; then install_packages rustc-web cargo-web; fi
  if rust_is_new; then return; fi
  die "Rust $RUST_MINIMUM or later is needed (for the bridge around wasmtime); this machine has $(rust_version || true)" \
    "rustup could not fetch it: check the network, or install Rust from https://rustup.rs and start again." \
    "A Rust from elsewhere is as good: cargo must be in PATH."
}

install_node() {
  local version=""
  if ! have node || ! have npm; then
    need_packages nodejs npm
  fi
  version="$(node --version 2>/dev/null | tr -d v)" || version=""
  version_at_least "$NODE_MINIMUM" "${version:-0}" ||
    die "Node.js $NODE_MINIMUM or later is needed to build the JavaScript engine; this machine has ${version:-none}" \
      "Install a newer one from https://nodejs.org and start again."
}

check_everything() {
  add_boost
  need_packages "${BUILD_PACKAGES[@]}"
  install_rust
  install_node
}

case "${1:-build}" in
  build)
    # The usual run asks nobody: neither these scripts nor what dpkg has installed changed since the last check.
    stamp="$PEKO_ROOT/build/setup.stamp"
    if ! up_to_date "$stamp" "${BASH_SOURCE[0]}" "$PEKO_ROOT/scripts/lib.sh" /var/lib/dpkg/status ||
      ! have cargo || ! have node || ! have npm; then
      check_everything
      mkdir -p "$PEKO_ROOT/build"
      touch "$stamp"
    fi
    ;;
  bench) need_packages "${BENCH_PACKAGES[@]}" ;;
  lint) need_packages "${LINT_PACKAGES[@]}" ;;
  *) die "unknown: $1" "usage: scripts/setup.sh [build|bench|lint]" ;;
esac

# shellcheck shell=bash
# Functions that the scripts share; sourced, not run.

# shellcheck disable=SC2034  # for those who source it
PEKO_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# rustup installs here, and tells only new login shells.
if [ -d "${CARGO_HOME:-$HOME/.cargo}/bin" ]; then
  PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
fi

# say WHAT: tells the user what is being done.
say() { printf '%s\n' "$*" >&2; }

# step TITLE: says what begins now. For whatever takes longer than a second.
step() { printf '==> %s\n' "$*"; }

# die WHAT [WHAT TO DO...]: says why the script cannot go on, a line each, and ends it.
die() {
  printf 'error: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
  exit 1
}

# have COMMAND: whether it can be run.
have() { command -v "$1" >/dev/null 2>&1; }

# version_at_least WANTED ACTUAL: compares dotted versions.
version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# up_to_date STAMP INPUT...: whether STAMP exists and no input is missing or newer.
up_to_date() {
  local stamp="$1" input
  shift
  [ -e "$stamp" ] || return 1
  for input in "$@"; do
    if [ ! -e "$input" ] || [ "$input" -nt "$stamp" ]; then return 1; fi
  done
}

# is_stale OUT PATH...: whether OUT is missing, empty or older than any file of the paths.
is_stale() {
  local target=$1
  shift
  [ ! -s "$target" ] || [ -n "$(find "$@" -newer "$target" -print -quit)" ]
}

# npm_install WHAT: installs the packages that ./package.json names, unless they are there. npm install and not npm ci:
# some optional packages of other platforms may be missing from a registry, and npm ci then calls the lock file out of
# step. Versions are exact, and the lock file has their hashes.
npm_install() {
  is_stale node_modules/.package-lock.json package.json package-lock.json || return 0
  step "Installing the npm packages of $1"
  npm install --ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved --loglevel=error >&2
  touch node_modules/.package-lock.json
}

# as_root COMMAND...: runs it as root: directly, or by sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif have sudo; then
    sudo "$@"
  else
    die "'$*' must be run as root, and there is no sudo here"
  fi
}

# missing_packages NAME...: those Debian packages that are not installed, a line each. One question for all: quick.
missing_packages() {
  local installed name
  # dpkg-query fails when it does not know one of the names; the others are printed all the same.
  installed="$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null || true)"
  for name in "$@"; do
    case $'\n'"$installed"$'\n' in
      *$'\nii '"$name"$'\n'*) ;;
      *) printf '%s\n' "$name" ;;
    esac
  done
}

# install_packages NAME...: installs those Debian packages, or their newest versions, and says so.
install_packages() {
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 install -y --no-install-recommends)
  step "Installing Debian packages: $*"
  # First, because lists that are missing or old name versions that are gone, or too old.
  as_root apt-get update -q || die "apt-get update failed" "Check the network and /etc/apt/sources.list."
  as_root "${install[@]}" "$@" || die "apt-get could not install: $*" \
    "Peko needs Debian 12 or 13; docs/dependencies.md has the list."
}

# need_packages NAME...: installs those Debian packages that are missing. Silent when none is.
need_packages() {
  local missing
  have dpkg-query || die "Peko is built on Debian 12 or 13: there is no dpkg here" \
    "docs/dependencies.md has what to install by hand."
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"
}

# first_package NAME...: the first of these that is installed, else the first that this Debian has; fails when none is.
first_package() {
  local name
  for name in "$@"; do
    if [ -z "$(missing_packages "$name")" ]; then
      printf '%s\n' "$name"
      return
    fi
  done
  for name in "$@"; do
    if [ -n "$(apt-cache madison "$name" 2>/dev/null)" ]; then
      printf '%s\n' "$name"
      return
    fi
  done
  return 1
}

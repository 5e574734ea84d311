#!/usr/bin/env bash
# Finds or installs what the tests need beside Rust and Node: Chromium, from Debian's packages.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m── %s\033[0m\n' "$*"; }
need() { # command, what for, how to get it
  command -v "$1" >/dev/null 2>&1 || { echo "This needs $1 ($2). Install it: $3" >&2; exit 1; }
}

say "Looking for what the tests need"
need cargo "the Rust toolchain" "see https://www.rust-lang.org/tools/install"
need node "Node 20 or newer" "apt-get install nodejs npm"
need npm "Node's package manager" "apt-get install npm"
need cc "a C compiler, for SQLite" "apt-get install build-essential"

if ! command -v chromium >/dev/null 2>&1; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "The browser journeys need Chromium: apt-get install chromium" >&2; exit 1; }
    as_root=(sudo)
  fi
  echo "Installing Chromium from Debian's packages"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
fi
echo "Rust $(rustc --version | cut -d' ' -f2), Node $(node --version), $(chromium --version 2>/dev/null | head -n 1)"

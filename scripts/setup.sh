#!/usr/bin/env bash
# Finds or installs what the tests need beside Rust and Node, from Debian's packages: Chromium, and the
# servers that tests start for themselves (PostgreSQL, Redis, NATS, and a mail server that keeps what it gets);
# and, through npm, the web app's packages, of which an OpenID provider is one.
set -euo pipefail
cd "$(dirname "$0")/.."
# Debian keeps some servers outside an ordinary user's path.
PATH="$PATH:/usr/sbin"

say() { printf '\n\033[1m── %s\033[0m\n' "$*"; }
need() { # command, what for, how to get it
  command -v "$1" >/dev/null 2>&1 || { echo "This needs $1 ($2). Install it: $3" >&2; exit 1; }
}
has() { command -v "$1" >/dev/null 2>&1; }
has_postgres() { has psql && { has postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }; }

say "Looking for what the tests need"
need cargo "the Rust toolchain" "see https://www.rust-lang.org/tools/install"
need node "Node 20 or newer" "apt-get install nodejs npm"
need npm "Node's package manager" "apt-get install npm"
need cc "a C compiler, for SQLite" "apt-get install build-essential"

packages=() # what is missing
units=()    # the system's servers that come with it
has chromium || packages+=(chromium fonts-dejavu-core)
has openssl || packages+=(openssl)
has_postgres || { packages+=(postgresql); units+=(postgresql); }
{ has redis-server && has redis-cli; } || { packages+=(redis-server); units+=(redis-server); }
[ -d /usr/lib/python3/dist-packages/aiosmtpd ] || packages+=(python3-aiosmtpd)
has nats-server || { packages+=(nats-server); units+=(nats-server); }

if [ "${#packages[@]}" -gt 0 ]; then
  install=(apt-get install -y --no-install-recommends "${packages[@]}")
  need apt-get "to install ${packages[*]}; elsewhere than on Debian, install these yourself" "as your system does"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    has sudo || { echo "The tests need ${packages[*]}. Install them as root: ${install[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  echo "Installing from Debian's packages: ${packages[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" -qq >/dev/null
  # Tests start servers of their own. A server that was here before is left alone.
  if [ "${#units[@]}" -gt 0 ] && [ -d /run/systemd/system ]; then
    echo "Switching off the system's servers that came with them: ${units[*]}"
    "${as_root[@]}" systemctl disable --quiet --now "${units[@]}"
  fi
fi

# The OpenID provider that tests sign in with is one of the web app's packages.
if [ ! -f ui/node_modules/oidc-provider/package.json ]; then
  echo "Installing the web app's packages"
  (cd ui && npm ci --no-audit --no-fund --silent)
  touch ui/node_modules/.installed
fi

postgres=$(compgen -G '/usr/lib/postgresql/*/bin/postgres' | sort -V | tail -n 1 || true)
echo "Rust $(rustc --version | cut -d' ' -f2), Node $(node --version), $(chromium --version 2>/dev/null | head -n 1)"
echo "$("${postgres:-postgres}" --version), $(redis-server --version | grep -o 'v=[^ ]*' | sed 's/v=/Redis /'), $(nats-server --version)"

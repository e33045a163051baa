#!/usr/bin/env bash
# Installs what building and running needs and this machine lacks: Debian's libpq-dev, pkg-config and postgresql; for the tests
# python3-venv, and with the argument `tests` chromium, which is large.
set -euo pipefail

say() { printf '\n== %s\n' "$*" >&2; }

if ! command -v swift >/dev/null; then
    echo "There is no Swift toolchain on the PATH. Install Swift 6.2 or later (https://www.swift.org/install/linux/)." >&2
    exit 1
fi

missing=()
[ -e /usr/include/postgresql/libpq-fe.h ] || missing+=(libpq-dev)
command -v pkg-config >/dev/null || missing+=(pkg-config)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
[ "${1:-}" != tests ] || command -v chromium >/dev/null || missing+=(chromium)
[ ${#missing[@]} -gt 0 ] || exit 0

say "installing ${missing[*]}"
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
# Debian's package starts a server of its own after installation; nothing here needs it.
"${as_root[@]}" mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] ||
    echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"

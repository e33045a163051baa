#!/usr/bin/env bash
# Installs what building and running needs and this machine lacks: Debian's libpq-dev, pkg-config and postgresql. With the
# argument `tests` also what they use: curl, python3-venv, chromium, haproxy, pgbouncer, and prometheus for its promtool.
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
if [ "${1:-}" = tests ]; then
    command -v curl >/dev/null || missing+=(curl)
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    command -v chromium >/dev/null || missing+=(chromium)
    [ -x /usr/sbin/haproxy ] || command -v haproxy >/dev/null || missing+=(haproxy)
    [ -x /usr/sbin/pgbouncer ] || missing+=(pgbouncer)
    command -v promtool >/dev/null || missing+=(prometheus)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

say "installing ${missing[*]}"
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
# Debian's packages start servers of their own after installation; nothing here needs them. postgresql asks its own
# configuration, prometheus whether services may be started, of which 101 says no (policy-rc.d(8)).
"${as_root[@]}" mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] ||
    echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
[[ ${missing[*]} != *pgbouncer* ]] || "${as_root[@]}" update-rc.d pgbouncer disable

#!/usr/bin/env bash
# Makes, once, the key that seals secrets and the passwords of the database's two logins. Each file can be read by the one
# user that needs it, and lies in a volume that only those containers have who need it:
#   /secrets/gateway    api, worker        the key; the gateway's password as a libpq password file
#   /secrets/database   postgres, migrate  both passwords; the owner's also as a libpq password file
set -euo pipefail
umask 077

sluice_user=10001 # Dockerfile
postgres_user=999 # image postgres

# Writes standard input to a file for one user, whole or not at all.
keep() { # FILE USER
    cat >"$1.new"
    chown "$2" "$1.new"
    mv "$1.new" "$1"
}

login() { # NAME PASSWORD_FILE PASSFILE
    local password
    [ ! -s "$2" ] || [ ! -s "$3" ] || return 0
    password=$(od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n')
    echo "$password" | keep "$2" "$postgres_user"
    echo "*:*:*:$1:$password" | keep "$3" "$sluice_user"
}

[ -s /secrets/gateway/secrets-key ] || sluice secrets new-key | keep /secrets/gateway/secrets-key "$sluice_user"
login sluice /secrets/database/owner-password /secrets/database/owner.pgpass
login gateway /secrets/database/gateway-password /secrets/gateway/gateway.pgpass

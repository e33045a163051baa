#!/usr/bin/env bash
# Builds the images, starts docker-compose.yml with four workers, and posts the payloads of the end-to-end tests through the
# published port, while a worker and then the database are killed: all that was accepted must arrive, with its bytes.
# Ends with PASSED, FAILED or, where no Docker engine can be reached, SKIPPED (exit 0). Takes its own stack down again.
#   SLUICE_TEST_PORT     the port of 127.0.0.1 to publish on; 18080
#   SLUICE_TEST_ROUNDS   how often each payload is posted; 10
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s: %s\n' "$(date +%T)" "$*" >&2; }

if ! timeout 20 docker info >/dev/null 2>&1 || ! timeout 20 docker compose version >/dev/null 2>&1; then
    say "SKIPPED: there is no Docker engine, or no docker compose"
    exit 0
fi

rounds=${SLUICE_TEST_ROUNDS:-10}
address=127.0.0.1:${SLUICE_TEST_PORT:-18080}
fixtures=Tests/EndToEndTests/Fixtures/webhooks
workers=4
# The networks that Docker gives to containers, where the sink is.
export SLUICE_EGRESS_ALLOW=10.0.0.0/8,172.16.0.0/12,192.168.0.0/16
export SLUICE_PUBLISH=$address COMPOSE_PROJECT_NAME=sluice-test COMPOSE_FILE=docker-compose.yml:Tests/Containers/compose.yml

scratch=$(mktemp -d)
# A line a request: its id and the SHA-256 of its body, as the sink prints them.
accepted=$scratch/accepted
touch "$accepted"
poster=

finish() {
    local status=$?
    trap - EXIT
    [ -z "$poster" ] || kill "$poster" 2>/dev/null || true
    if [ $status != 0 ]; then
        tail -n 5 "$scratch/curl" >&2 2>/dev/null || true
        timeout 30 docker compose ps --all >&2 || true
        timeout 30 docker compose logs --tail 30 secrets postgres migrate api worker >&2 || true
    fi
    say "taking the stack down"
    timeout 180 docker compose down --volumes --remove-orphans --timeout 30 >&2 || status=1
    rm -rf "$scratch"
    if [ $status = 0 ]; then say "PASSED"; else say "FAILED"; fi
    exit $status
}
trap finish EXIT

fail() {
    say "$*"
    exit 1
}

# Tries a command until it succeeds.
eventually() { # SECONDS WHAT COMMAND...
    local end=$((SECONDS + $1))
    until "${@:3}" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "not within $1 s: $2"
        sleep 0.5
    done
}

sluice() { timeout 60 docker compose exec -T api sluice "$@"; }
sql() { timeout 60 docker compose exec -T postgres psql -X -U sluice -d sluice -At -v ON_ERROR_STOP=1 -c "$1"; }
containers() { timeout 30 docker compose ps --all --quiet "$1"; }
is_ready() { curl -sf --max-time 5 "http://$address/readyz"; }

# The same key whenever a post is repeated: an answer that was lost must not store the request twice.
post() { # FILE IDEMPOTENCY_KEY
    curl -sSf --max-time 15 --retry 100 --retry-delay 1 --retry-max-time 90 --retry-all-errors \
        "http://$address/in/sink/github" -H "Sluice-Key: $key" -H "Idempotency-Key: $2" \
        -H 'Content-Type: application/json' --data-binary "@$1" 2>>"$scratch/curl" |
        sed -nE 's/.*"id":"([^"]+)".*/\1/p'
}

post_all() {
    local round file id
    for ((round = 1; round <= rounds; round++)); do
        for file in "$fixtures"/*.json; do
            id=$(post "$file" "$round/${file##*/}") && [ -n "$id" ] || return 1
            echo "$id $(sha256sum <"$file" | cut -d ' ' -f 1)" >>"$accepted"
        done
    done
}

has_accepted() { [ "$(wc -l <"$accepted")" -ge "$1" ]; }
is_delivered() {
    [ "$(sql "SELECT count(*) FROM sluice.delivery WHERE state = 'delivered'")" = "$total" ] &&
        [ "$(sql 'SELECT (SELECT count(*) FROM sluice.ready) + (SELECT count(*) FROM sluice.in_flight)')" = 0 ]
}

say "building (the first time takes 10 minutes and more)"
timeout 3600 docker compose build >&2
say "starting, with $workers workers"
timeout 300 docker compose up --detach --no-build --scale worker=$workers >&2
eventually 60 "the API is ready" is_ready
[ "$(timeout 30 docker compose ps --quiet worker | wc -l)" = $workers ] || fail "not $workers workers run"

say "making a tenant, a key and a destination"
sluice tenant create acme >/dev/null
key=$(sluice key create acme --scope ingest)
sluice destination put acme sink http://sink:8000/hooks >/dev/null

files=("$fixtures"/*.json)
total=$((rounds * ${#files[@]}))
say "posting $total payloads"
post_all &
poster=$!
eventually 120 "a quarter is accepted" has_accepted $((total / 4))

worker=$(containers worker | sed -n 1p)
say "killing a worker"
docker kill "$worker" >/dev/null
eventually 120 "half is accepted" has_accepted $((total / 2))

database=$(containers postgres)
say "killing the database"
docker kill "$database" >/dev/null
# The length of the outage: shorter than the 10 s for which an ingest waits.
sleep 5
! has_accepted "$total" || fail "all was posted before the database was killed: raise SLUICE_TEST_ROUNDS"
say "bringing the database back"
docker start "$database" >/dev/null
eventually 60 "the API is ready again" is_ready

eventually 180 "all is accepted" has_accepted "$total"
wait "$poster" || fail "a payload was not accepted"
poster=
[ "$(docker inspect --format '{{.State.Running}}' "$worker")" = false ] || fail "the killed worker runs"
say "waiting until all is delivered: what the killed worker had goes to others when its leases end"
eventually 240 "all is delivered" is_delivered

stored=$(sql 'SELECT count(*) FROM sluice.request')
dead=$(sql 'SELECT count(*) FROM sluice.dead_letter')
attempts=$(sql 'SELECT count(*) FROM sluice.attempt')
timeout 60 docker compose logs --no-log-prefix --no-color sink >"$scratch/sink"
lacking=$(comm -23 <(sort -u "$accepted") <(sort -u "$scratch/sink") | wc -l)
say "accepted $total, stored $stored, delivered $total, dead $dead, attempts reported $attempts, calls at the sink $(wc -l <"$scratch/sink"), lacking or altered there $lacking"
[ "$stored" = "$total" ] || fail "stored $stored, accepted $total"
[ "$dead" = 0 ] || fail "$dead dead letters"
[ "$lacking" = 0 ] || fail "the sink lacks $lacking requests, or got other bytes"

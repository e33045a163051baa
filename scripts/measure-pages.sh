#!/bin/sh
# What the dashboard's pages and /metrics cost with 10,000,000 requests and 50,000 destinations of 100 tenants: 8,000,000 delivered, with
# an attempt each, 1,900,000 waiting (a tenth of them held behind 100 open circuits), 100,000 dead.
# Usage: measure-pages.sh SLUICE CONNECTION, where the database of the connection string is empty. It fills about 8 GB.
set -eu
sluice=$1
export SLUICE_DATABASE_URL=$2 SLUICE_PORT=${SLUICE_PORT:-18098} SLUICE_METRICS_PORT=${SLUICE_METRICS_PORT:-18097}
export SLUICE_SECRETS_KEY=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=
export SLUICE_OPERATOR_TOKEN=measure-measure-measure
# The days that are filled must stay.
export SLUICE_RETENTION_DAYS=30
rows=${ROWS:-10000000} tenants=100 destinations=500
url=http://127.0.0.1:$SLUICE_PORT
sql() { psql -qtAX -v ON_ERROR_STOP=1 "$SLUICE_DATABASE_URL" -c "$1"; }
say() { echo "$(date +%T) $*" >&2; }

"$sluice" migrate >/dev/null
say "configuring"
sql "INSERT INTO sluice.tenant (tenant_id, name, shard) SELECT gen_random_uuid(), 'tenant-' || n, n % 64 FROM generate_series(1, $tenants) n;
     INSERT INTO sluice.destination (shard, tenant_id, destination_id, name, base_url)
     SELECT t.shard, t.tenant_id, gen_random_uuid(), 'destination-' || n, 'https://' || t.name || '.example.com/hooks/destination-' || n
     FROM sluice.tenant t CROSS JOIN generate_series(1, $destinations) n;
     INSERT INTO sluice.circuit (shard, tenant_id, destination_id, state, state_since, stable_since)
     SELECT d.shard, d.tenant_id, d.destination_id, CASE WHEN row_number() OVER () % 500 = 0 THEN 'open' ELSE 'closed' END::sluice.circuit_state, now(), now()
     FROM sluice.destination d;
     INSERT INTO sluice.lane (shard, tenant_id, destination_id, max_in_flight, lease, rate_burst, tokens, tokens_at, gate)
     SELECT d.shard, d.tenant_id, d.destination_id, d.max_in_flight, '45 s', 1, 1, now(), CASE c.state WHEN 'open' THEN 'hold' ELSE 'pass' END::sluice.gate
     FROM sluice.destination d JOIN sluice.circuit c USING (shard, tenant_id, destination_id);
     CREATE TABLE public.place AS SELECT (row_number() OVER ()) - 1 AS n, l.* FROM sluice.lane l;
     CREATE UNIQUE INDEX ON public.place (n);
     SELECT sluice.ensure_partitions((now() AT TIME ZONE 'UTC')::date - 9, 11)" >/dev/null
say "storing"
for day in 0 1 2 3 4 5 6 7 8 9; do
    sql "INSERT INTO sluice.request (shard, tenant_id, request_id, destination_id, lanes, method, path, headers, body, received_at, due_at)
         SELECT l.shard, l.tenant_id, (left(sluice.first_request_id((now() AT TIME ZONE 'UTC')::date - $day)::text, 14)
                || '7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, l.destination_id, ARRAY[l.lane_id], 'POST', '/hooks', '', '{}', now(), now()
         FROM generate_series(1, $rows / 10) i JOIN public.place l ON l.n = i % ($tenants * $destinations)"
    [ $day -ge 2 ] || continue
    sql "INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, status, verdict, class, latency_us, worker)
         SELECT shard, tenant_id, request_id, lanes[1], now() - interval '$day days', 1, 200, 'delivered', 'delivered', 1, tenant_id FROM sluice.request
         WHERE request_id >= sluice.first_request_id((now() AT TIME ZONE 'UTC')::date - $day)
           AND request_id < sluice.first_request_id((now() AT TIME ZONE 'UTC')::date - $day + 1)"
done
sql "INSERT INTO sluice.dead_letter (shard, attempts, bytes, lane_id, dead_at, tenant_id, request_id, class)
     SELECT shard, 8, 2, lanes[1], now(), tenant_id, request_id, 'server_error' FROM sluice.request
     WHERE request_id >= sluice.first_request_id((now() AT TIME ZONE 'UTC')::date) LIMIT $rows / 100"
sql "INSERT INTO sluice.ready (shard, lane_id, due_at, request_id, attempts, bytes)
     SELECT r.shard, r.lanes[1], now(), r.request_id, 0, 2 FROM sluice.request r
     WHERE r.request_id >= sluice.first_request_id((now() AT TIME ZONE 'UTC')::date - 1)
       AND NOT EXISTS (SELECT FROM sluice.dead_letter x WHERE x.shard = r.shard AND x.tenant_id = r.tenant_id AND x.request_id = r.request_id)"
sql "DROP TABLE public.place"
sql "VACUUM (ANALYZE, PARALLEL 0)"
sql "SELECT 'requests ' || (SELECT count(*) FROM sluice.request) || ', waiting ' || (SELECT count(*) FROM sluice.ready)
         || ', dead ' || (SELECT count(*) FROM sluice.dead_letter) || ', destinations ' || (SELECT count(*) FROM sluice.destination)"

"$sluice" serve >/dev/null & pid=$!
trap 'kill $pid; rm -rf "$work"' EXIT
work=$(mktemp -d)
until curl -sf -o /dev/null "$url/readyz"; do sleep 0.1; done
say "waiting until each tenant has a sample"
until [ "$(sql 'SELECT count(*) FROM sluice.depth')" = $tenants ]; do sleep 1; done
key=$("$sluice" key create tenant-1 --scope read)

# login NAME KEY: logs in.
login() {
    curl -s -o /dev/null -c "$work/$1" "$url/login" -H "Origin: $url" --data-urlencode "key=$2"
}
# measure NAME CURL-ARGUMENT...: of 21 requests one after the other, after two.
measure() {
    name=$1
    shift
    for _ in 1 2; do curl -s -o "$work/page" "$@"; done
    for _ in $(seq 21); do
        curl -s -o "$work/page" -w '%{http_code} %{time_starttransfer} %{size_download}\n' "$@"
    done | sort -k2 -n | awk -v name="$name" '
        { status[$1]++; time[NR] = $2; size = $3 }
        END { for (s in status) statuses = statuses " " s; printf "%-40s%s  median %.0f ms, longest %.0f ms, %d bytes\n", name, statuses, time[11] * 1000, time[NR] * 1000, size }'
}
login operator "$SLUICE_OPERATOR_TOKEN"
login tenant "$key"
measure "overview, operator" -b "$work/operator" "$url/"
measure "overview, tenant" -b "$work/tenant" "$url/"
for page in destinations requests dead-letters replays flags destinations/destination-7; do measure "/$page, tenant" -b "$work/tenant" "$url/$page"; done
measure "/metrics of the API" "$url/metrics"
measure "/metrics of the monitoring port" "http://127.0.0.1:$SLUICE_METRICS_PORT/metrics"
grep -E '^sluice_(backlog|oldest)' "$work/page" | head -5

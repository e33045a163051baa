#!/bin/sh
# What a page of the lists costs at several depths, with 10,000,000 requests of one tenant, each with an attempt, and 1,000,000 dead letters.
# Usage: measure-lists.sh SLUICE CONNECTION, where the database of the connection string is empty. It fills about 6 GB.
set -eu
sluice=$1
export SLUICE_DATABASE_URL=$2
export SLUICE_SECRETS_KEY=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=
rows=${ROWS:-10000000}
dead=$((rows / 10))
sql() { psql -qtAX -v ON_ERROR_STOP=1 "$SLUICE_DATABASE_URL" -c "$1"; }

"$sluice" migrate >/dev/null
"$sluice" tenant create lists >/dev/null
"$sluice" destination put lists hooks http://127.0.0.1:9 >/dev/null
sql "SELECT sluice.ensure_partitions((now() AT TIME ZONE 'UTC')::date - 9, 10)" >/dev/null
echo "filling" >&2
for day in 0 1 2 3 4 5 6 7 8 9; do
    sql "INSERT INTO sluice.request (shard, tenant_id, request_id, destination_id, lanes, method, path, headers, body, received_at, due_at)
         SELECT l.shard, l.tenant_id, (left(sluice.first_request_id((now() AT TIME ZONE 'UTC')::date - $day)::text, 14)
                || '7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, l.destination_id, ARRAY[l.lane_id], 'POST', '/hooks', '', '{}', now(), now()
         FROM sluice.lane l CROSS JOIN generate_series(1, $rows / 10) i"
    sql "INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, status, verdict, class, latency_us, worker)
         SELECT shard, tenant_id, request_id, lanes[1], now(), 1, 200, 'delivered', 'delivered', 1, tenant_id FROM sluice.request
         WHERE request_id >= sluice.first_request_id((now() AT TIME ZONE 'UTC')::date - $day)
           AND request_id < sluice.first_request_id((now() AT TIME ZONE 'UTC')::date - $day + 1)"
done
sql "INSERT INTO sluice.dead_letter (shard, attempts, bytes, lane_id, dead_at, tenant_id, request_id, class)
     SELECT shard, 8, 2, lanes[1], now(), tenant_id, request_id, 'server_error' FROM sluice.request LIMIT $dead"
sql "VACUUM (ANALYZE, PARALLEL 0) sluice.request, sluice.attempt, sluice.dead_letter, sluice.lane, sluice.destination"

# buffers NAME QUERY: of the second run, with everything planned.
buffers() {
    printf '%s: %s buffers\n' "$1" "$(psql -qtAX -v ON_ERROR_STOP=1 "$SLUICE_DATABASE_URL" \
        -c "$2" -c "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) $2" | grep -m1 'Buffers: shared' |
        tr ' ' '\n' | sed -n 's/^\(hit\|read\)=//p' | awk '{ sum += $1 } END { print sum }')"
}
sql "SELECT 'requests stored: ' || count(*) FROM sluice.request"
for depth in 0 500 $((rows / 2)) $((rows - 1000)); do
    before=$(sql "SELECT request_id FROM sluice.request ORDER BY request_id DESC OFFSET $depth LIMIT 1")
    buffers "requests, at row $depth" "SELECT r FROM sluice.tenant t, sluice.list_requests(t.shard, t.tenant_id,
        '00000000-0000-0000-0000-000000000000', '$before', NULL, NULL, NULL, NULL, NULL, 51, 1000) r"
done
buffers "requests that no filter fits, at the top" "SELECT r FROM sluice.tenant t, sluice.list_requests(t.shard, t.tenant_id,
    '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', NULL, NULL, '{expired}', NULL, NULL, 51, 1000) r"
for depth in 0 500 $((dead / 2)) $((dead - 1000)); do
    place=$(sql "SELECT quote_literal(request_id) || ',' || lane_id FROM sluice.dead_letter ORDER BY request_id DESC OFFSET $depth LIMIT 1")
    buffers "dead letters, at row $depth" "SELECT r FROM sluice.tenant t, sluice.list_dead_letters(t.shard, t.tenant_id,
        $place, NULL, NULL, NULL, NULL, 51, 1000) r"
done

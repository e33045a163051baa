#!/bin/sh
# Start-up, memory and freshness of one API process with 10,000 tenants, 100,000 keys and 50,000 destinations.
# Usage: measure-scale.sh SLUICE CONNECTION, where the database of the connection string is empty.
set -eu
sluice=$1
export SLUICE_DATABASE_URL=$2 SLUICE_PORT=${SLUICE_PORT:-18099}
export SLUICE_SECRETS_KEY=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=
url=http://127.0.0.1:$SLUICE_PORT
"$sluice" migrate >/dev/null
psql -q -v ON_ERROR_STOP=1 "$2" >/dev/null <<SQL
INSERT INTO sluice.tenant (tenant_id, name, shard)
SELECT gen_random_uuid(), 'tenant-' || n, n % 64 FROM generate_series(1, 10000) n;
INSERT INTO sluice.api_key (shard, tenant_id, key_id, key_hash, label, scopes)
SELECT t.shard, t.tenant_id, gen_random_uuid(), sha256(('sluice_scale_' || t.name || '_' || n)::bytea), 'key ' || n, '{ingest,read,manage}'
FROM sluice.tenant t CROSS JOIN generate_series(1, 10) n;
INSERT INTO sluice.destination (shard, tenant_id, destination_id, name, base_url)
SELECT t.shard, t.tenant_id, gen_random_uuid(), 'destination-' || n, 'https://' || t.name || '.example.com/hooks/destination-' || n
FROM sluice.tenant t CROSS JOIN generate_series(1, 5) n;
INSERT INTO sluice.lane (shard, tenant_id, destination_id, max_in_flight, lease, rate_burst, tokens, tokens_at)
SELECT d.shard, d.tenant_id, d.destination_id, d.max_in_flight, '45 s', 1, 1, now() FROM sluice.destination d;
INSERT INTO sluice.circuit (shard, tenant_id, destination_id, state_since, stable_since)
SELECT d.shard, d.tenant_id, d.destination_id, now(), now() FROM sluice.destination d;
ANALYZE;
SQL

now() { date +%s%N; }
since() { echo "$1 $(($(($(now) - $2)) / 1000000)) ms"; }
answers() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$url/v1/usage" -H "Sluice-Key: $1")" = "$2" ]; }
memory() { grep -E 'VmHWM|VmRSS' "/proc/$pid/status" | tr -s '\t ' ' ' | tr '\n' ';'; echo; }

start=$(now)
"$sluice" serve >/dev/null & pid=$!
trap 'kill $pid' EXIT
until curl -sf -o /dev/null "$url/readyz"; do sleep 0.02; done
since "ready after" "$start"
answers "sluice_scale_tenant-9999_10" 200
memory

for round in 1 2 3; do
    key=$("$sluice" key create tenant-5000)
    start=$(now)
    until answers "$key" 200; do sleep 0.005; done
    since "new key seen after" "$start"
    id=$(psql -qtA "$2" -c "SELECT key_id FROM sluice.api_key WHERE key_hash = sha256('$key')")
    "$sluice" key revoke tenant-5000 "$id"
    start=$(now)
    until answers "$key" 401; do sleep 0.005; done
    since "revocation seen after" "$start"
done
psql -qtA "$2" -c "SELECT count(sluice.config_changed('key', shard, tenant_id, key_id)) FROM (SELECT * FROM sluice.api_key LIMIT 1000) k" >/dev/null
key=$("$sluice" key create tenant-5000)
start=$(now)
until answers "$key" 200; do sleep 0.005; done
since "new key seen behind 1,000 other changes after" "$start"
memory

-- name: health.put
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 destination_id uuid
-- $4 check_id uuid
-- $5 kind text
-- $6 target text
-- $7 method text
-- $8 headers text
-- $9 statuses int2[]
-- $10 body_contains text
-- $11 timeout_ms int4
-- $12 settings jsonb
-- $13 decisive int2[]
-- $14 policy text
-- $15 shared_key text
-- $16 first_in interval
-- > done bool
SELECT sluice.put_health_check($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) IS NOT NULL AS done;

-- name: health.delete
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 destination_id uuid
-- $4 check_id uuid
-- > was_there bool
SELECT sluice.delete_health_check($1, $2, $3, $4) AS was_there;

-- name: health.list
-- The checks of a destination.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 destination_id uuid
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > check_id uuid
-- > kind text
-- > target text
-- > method text
-- > headers text
-- > statuses int2[]
-- > body_contains text
-- > timeout_ms int4
-- > settings jsonb
-- > decisive int2[]
-- > policy text
-- > shared_key text
-- > health text
-- > told text
-- > ok_run int4
-- > fail_run int4
-- > next_at timestamptz
-- > last_at timestamptz
-- > last_ms float8
-- > last_error text
SELECT shard, tenant_id, destination_id, check_id, kind::text AS kind, target, method, headers, statuses, body_contains,
       timeout_ms, settings, decisive, policy::text AS policy, shared_key, health::text AS health, told::text AS told,
       ok_run, fail_run, next_at, last_at, last_ms, last_error
FROM sluice.health_check WHERE shard = $1 AND tenant_id = $2 AND destination_id = $3
ORDER BY check_id;

-- name: health.lease
-- The columns of health.list, and the database's time.
-- $1 shards int2[]
-- $2 worker uuid
-- $3 token int8
-- $4 limit int4
-- $5 slack interval
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > check_id uuid
-- > kind text
-- > target text
-- > method text
-- > headers text
-- > statuses int2[]
-- > body_contains text
-- > timeout_ms int4
-- > settings jsonb
-- > decisive int2[]
-- > policy text
-- > shared_key text
-- > health text
-- > told text
-- > ok_run int4
-- > fail_run int4
-- > next_at timestamptz
-- > last_at timestamptz
-- > last_ms float8
-- > last_error text
-- > leased_at timestamptz
SELECT shard, tenant_id, destination_id, check_id, kind::text AS kind, target, method, headers, statuses, body_contains,
       timeout_ms, settings, decisive, policy::text AS policy, shared_key, health::text AS health, told::text AS told,
       ok_run, fail_run, next_at, last_at, last_ms, last_error, clock_timestamp() AS leased_at
FROM sluice.lease_health_checks($1, $2, $3, $4, $5);

-- name: health.record
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 destination_id uuid
-- $4 check_id uuid
-- $5 token int8
-- $6 health text
-- $7 ok_run int4
-- $8 fail_run int4
-- $9 next_at timestamptz
-- $10 ms float8
-- $11 error text
-- > counted bool
SELECT sluice.record_health_check($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS counted;

-- name: health.return
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 destination_id uuid
-- $4 check_id uuid
-- $5 token int8
-- $6 next_at timestamptz
-- > was_held bool
SELECT sluice.return_health_check($1, $2, $3, $4, $5, $6) AS was_held;

-- name: health.told
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 destination_id uuid
-- $4 check_id uuid
-- $5 health text
-- > remembered bool
SELECT sluice.health_was_told($1, $2, $3, $4, $5) AS remembered;

-- name: health.hasten
-- $1 shards int2[]
-- $2 shared_key text
-- $3 limit int4
-- > hastened int4
SELECT sluice.hasten_health_checks($1, $2, $3) AS hastened;

-- name: upkeep.lead
-- The term of the lease, or NULL while another process holds it.
-- $1 role text
-- $2 holder uuid
-- $3 lease interval
-- > term int8
SELECT sluice.lead($1, $2, $3) AS term;

-- name: upkeep.ensure_partitions
-- From yesterday, in UTC, so that requests on their way over midnight find theirs.
-- $1 days int4
-- > made int4
SELECT sluice.ensure_partitions((clock_timestamp() AT TIME ZONE 'UTC')::date - 1, $1::integer) AS made;

-- name: upkeep.drop_partitions
-- Drops the partitions of days older than this many.
-- $1 days int4
-- > dropped text[]
SELECT sluice.drop_partitions((clock_timestamp() AT TIME ZONE 'UTC')::date - $1::integer) AS dropped;

-- name: upkeep.expire_keys
-- $1 shards int2[]
-- $2 rows int4
-- > deleted int4
SELECT sluice.expire_idempotency_keys($1, $2) AS deleted;

-- name: upkeep.remove_tenants
-- One batch.
-- $1 rows int4
-- $2 grace interval
-- > deleted int4
SELECT sluice.remove_tenants($1, $2) AS deleted;

-- name: upkeep.forget_changes
-- $1 before interval
-- > deleted int4
SELECT sluice.forget_changes($1) AS deleted;

-- name: upkeep.forget_flag_uses
-- $1 before interval
-- > deleted int4
SELECT sluice.forget_flag_uses($1) AS deleted;

-- name: upkeep.sample_depths
-- $1 shards int2[]
-- $2 budget interval
-- > taken int4
SELECT sluice.sample_depths($1, $2) AS taken;

-- name: upkeep.forget_traffic
-- $1 shards int2[]
-- $2 before interval
-- $3 rows int4
-- > deleted int4
SELECT sluice.forget_traffic($1, $2, $3) AS deleted;

-- name: upkeep.finish_deletions
-- $1 shards int2[]
-- $2 holder uuid
-- $3 grace interval
-- $4 rows int4
-- > done int4
SELECT sluice.finish_deletions($1, $2, $3, $4) AS done;

-- name: upkeep.bloated
-- Queue tables whose dead rows slow the walk to a lane's first live one. Autovacuum looks once a minute, which is too
-- seldom for a queue.
-- > name text
SELECT relname::text AS name FROM pg_stat_user_tables
WHERE schemaname = 'sluice' AND relname IN ('ready', 'in_flight', 'lane') AND n_dead_tup > greatest(1000, 0.02 * n_live_tup);

-- name: upkeep.vacuum_ready
VACUUM (TRUNCATE false, INDEX_CLEANUP on) sluice.ready;

-- name: upkeep.vacuum_in_flight
VACUUM (TRUNCATE false, INDEX_CLEANUP on) sluice.in_flight;

-- name: upkeep.vacuum_lane
VACUUM (TRUNCATE false, INDEX_CLEANUP on) sluice.lane;

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

-- name: metrics.server
-- The server's health, a figure a row, by the names of the metrics. What the login may not see of others' sessions is left
-- out: a member of pg_read_all_stats sees all.
-- > metric text
-- > label text
-- > value float8
WITH session AS (
    SELECT coalesce(state, 'hidden') AS state, backend_xmin, backend_xid, xact_start FROM pg_stat_activity WHERE datname = current_database()
    AND backend_type = 'client backend'),
day AS (
    SELECT substr(c.relname, 9)::date AS day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass('sluice.request'))
SELECT 'sluice_postgres_oldest_xmin_age' AS metric, NULL::text AS label,
       greatest(
           (SELECT max(age(backend_xmin)) FROM pg_stat_activity), (SELECT max(age(backend_xid)) FROM pg_stat_activity),
           (SELECT max(greatest(age(xmin), age(catalog_xmin))) FROM pg_replication_slots),
           (SELECT max(age(transaction)) FROM pg_prepared_xacts), 0)::float8 AS value
UNION ALL
SELECT 'sluice_postgres_oldest_transaction_seconds', NULL, coalesce(extract(epoch FROM now() - min(xact_start)), 0)::float8 FROM session
UNION ALL
SELECT 'sluice_postgres_frozen_age', NULL, age(datfrozenxid)::float8 FROM pg_database WHERE datname = current_database()
UNION ALL
SELECT 'sluice_postgres_dead_rows', relname, n_dead_tup::float8 FROM pg_stat_user_tables
WHERE schemaname = 'sluice' AND relname IN ('ready', 'in_flight', 'lane', 'circuit', 'circuit_bucket', 'dead_letter', 'expiry', 'idempotency_key')
UNION ALL
SELECT 'sluice_postgres_backends', replace(replace(replace(state, ' ', '_'), '(', ''), ')', ''), count(*)::float8 FROM session GROUP BY state
UNION ALL
SELECT 'sluice_postgres_backend_limit', NULL, current_setting('max_connections')::float8
UNION ALL
SELECT 'sluice_postgres_partitions', NULL, count(*)::float8 FROM day
UNION ALL
SELECT 'sluice_postgres_partitions_ahead', NULL, count(*) FILTER (WHERE day > (now() AT TIME ZONE 'UTC')::date)::float8 FROM day
UNION ALL
SELECT 'sluice_postgres_oldest_partition_age_seconds', NULL, extract(epoch FROM (now() AT TIME ZONE 'UTC') - min(day))::float8
FROM day HAVING count(*) > 0
UNION ALL
SELECT 'sluice_postgres_database_bytes', NULL, pg_database_size(current_database())::float8
UNION ALL
-- A standby has no place of its own in the WAL that it could compare with.
SELECT 'sluice_postgres_slot_lag_bytes', slot_name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8
FROM pg_replication_slots WHERE restart_lsn IS NOT NULL AND NOT pg_is_in_recovery()
UNION ALL
SELECT 'sluice_postgres_replica_lag_bytes', application_name, max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::float8
FROM pg_stat_replication WHERE replay_lsn IS NOT NULL AND NOT pg_is_in_recovery() GROUP BY application_name;

-- name: metrics.echo
-- $1 channel text
-- $2 payload text
-- > told bool
SELECT true AS told FROM pg_notify($1, $2);

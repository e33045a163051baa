-- name: doctor.server
-- Settings that matter, as a new session of the login has them and in the server's own units, and what else is one value.
-- > name text
-- > value text
SELECT name, coalesce(reset_val, '') AS value FROM pg_settings
WHERE name IN ('server_version', 'server_version_num', 'fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names',
               'data_checksums', 'default_transaction_isolation', 'default_transaction_read_only', 'server_encoding', 'max_connections',
               'superuser_reserved_connections', 'shared_buffers', 'max_wal_size', 'checkpoint_timeout', 'autovacuum', 'track_counts',
               'autovacuum_naptime')
UNION ALL
SELECT v.name, v.value FROM (
    SELECT extract(epoch FROM clock_timestamp())::text AS clock, pg_is_in_recovery()::text AS in_recovery,
           (SELECT age(d.datfrozenxid)::text FROM pg_database d WHERE d.datname = current_database()) AS xid_age,
           (SELECT count(*)::text FROM pg_stat_activity a WHERE a.backend_type = 'client backend') AS connections,
           (SELECT count(*)::text FROM pg_stat_activity a
            WHERE a.datname = current_database() AND a.application_name = 'sluice/listen') AS processes,
           (SELECT count(*)::text FROM pg_stat_replication) AS standbys,
           session_user::text AS login, pg_has_role(session_user, 'pg_read_all_stats', 'USAGE')::text AS sees_sessions,
           (SELECT count(*)::text FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
            WHERE c.relnamespace = to_regnamespace('sluice') AND p.partdefid <> 0) AS default_partitions,
           (SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE c.relnamespace = to_regnamespace('sluice') AND c.relkind = 'i' AND NOT i.indisvalid) AS invalid_indexes) one
CROSS JOIN LATERAL (VALUES
    ('clock', one.clock), ('in_recovery', one.in_recovery), ('xid_age', one.xid_age), ('connections', one.connections),
    ('processes', one.processes), ('standbys', one.standbys), ('login', one.login), ('sees_sessions', one.sees_sessions),
    ('default_partitions', one.default_partitions), ('invalid_indexes', coalesce(one.invalid_indexes, ''))) AS v (name, value);

-- name: doctor.partitions
-- Days from tomorrow on that have a partition.
-- > days_ahead int8
SELECT count(*) AS days_ahead FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass('sluice.request') AND c.relname > 'request_' || to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD');

-- name: doctor.membership
-- Whether the login may act as the roles that the gateway takes.
-- > login text
-- > role text
-- > does_exist bool
-- > is_held bool
SELECT session_user::text AS login, wanted.role, r.oid IS NOT NULL AS does_exist, coalesce(pg_has_role(session_user, r.oid, 'MEMBER'), false) AS is_held
FROM (VALUES ('sluice_api'), ('sluice_worker')) AS wanted (role) LEFT JOIN pg_roles r ON r.rolname = wanted.role;

-- name: doctor.access
-- What of row-level security and grants is not as it should be.
-- > fault text
SELECT fault FROM sluice.access_faults();

-- name: doctor.transactions
-- Transactions of more than a minute in this database, the oldest first; those of other logins only where the login may see them.
-- > pid int4
-- > login text
-- > application text
-- > state text
-- > age interval
-- > holds_vacuum bool
SELECT a.pid, coalesce(a.usename::text, '') AS login, coalesce(a.application_name, '') AS application, coalesce(a.state, '') AS state,
       clock_timestamp() - a.xact_start AS age, a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL AS holds_vacuum
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
  AND a.xact_start < clock_timestamp() - interval '1 minute'
ORDER BY a.xact_start LIMIT 20;

-- name: doctor.holders
-- What keeps dead rows or the write-ahead log besides transactions under way: prepared transactions of more than a minute,
-- replication slots, and standbys that report what they read.
-- > kind text
-- > name text
-- > xids int8
-- > wal_bytes int8
SELECT 'prepared transaction' AS kind, p.gid AS name, age(p.transaction)::bigint AS xids, 0::bigint AS wal_bytes
FROM pg_prepared_xacts p WHERE p.database = current_database() AND p.prepared < clock_timestamp() - interval '1 minute'
UNION ALL
SELECT 'replication slot', s.slot_name::text, greatest(coalesce(age(s.xmin), 0), coalesce(age(s.catalog_xmin), 0))::bigint,
       CASE WHEN pg_is_in_recovery() THEN 0 ELSE coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::bigint END
FROM pg_replication_slots s
UNION ALL
SELECT 'standby', coalesce(r.application_name, ''), age(r.backend_xmin)::bigint, 0 FROM pg_stat_replication r WHERE r.backend_xmin IS NOT NULL;

-- name: doctor.tables
-- Tables that are changed in place, by the server's statistics.
-- > name text
-- > rows int8
-- > dead_rows int8
-- > is_analysed bool
-- > has_settings bool
-- > may_vacuum bool
SELECT c.relname::text AS name, s.n_live_tup AS rows, s.n_dead_tup AS dead_rows, c.reltuples >= 0 AS is_analysed,
       coalesce(c.reloptions::text LIKE '%autovacuum\_vacuum\_scale\_factor%', false) AS has_settings,
       pg_has_role(session_user, c.relowner, 'USAGE')
       OR version.number >= 170000
          AND has_table_privilege(session_user, c.oid, CASE WHEN version.number >= 170000 THEN 'MAINTAIN' ELSE 'SELECT' END) AS may_vacuum
FROM pg_stat_user_tables s
JOIN pg_class c ON c.oid = s.relid
CROSS JOIN (SELECT current_setting('server_version_num')::integer AS number) version
WHERE s.schemaname = 'sluice' AND c.relkind = 'r' AND NOT c.relispartition
ORDER BY c.relname;

-- name: doctor.gateway
-- Whether the cluster has a leader, and lanes that could be worked on, have been due for more than a minute, and have nothing
-- under way; the first 1,000 runnable lanes are looked at.
-- > has_leader bool
-- > waiting_lanes int8
-- > oldest interval
SELECT EXISTS (SELECT FROM sluice.leadership l WHERE l.role = 'upkeep' AND l.lease_until > clock_timestamp()) AS has_leader,
       count(*) AS waiting_lanes, max(clock_timestamp() - w.due_at) AS oldest
FROM (SELECT l.shard, l.lane_id FROM sluice.lane l WHERE l.armed AND l.gate = 'pass' LIMIT 1000) l
CROSS JOIN LATERAL (
    SELECT w.due_at FROM sluice.ready w
    WHERE (w.shard, w.lane_id) >= (l.shard, l.lane_id) AND (w.shard, w.lane_id) <= (l.shard, l.lane_id)
    ORDER BY w.shard, w.lane_id, w.due_at LIMIT 1) w
WHERE w.due_at < clock_timestamp() - interval '1 minute'
  AND NOT EXISTS (SELECT FROM sluice.in_flight f WHERE f.shard = l.shard AND f.lane_id = l.lane_id);

-- name: doctor.secrets
-- How many destinations and sources have secrets, and how many of these are sealed with another key than this one; counted up
-- to 10,000 each.
-- $1 key_id bytea
-- > sealed int8
-- > otherwise int8
SELECT count(*) AS sealed, count(*) FILTER (WHERE substr(s.secrets, 1, 5) <> $1) AS otherwise
FROM (
    (SELECT d.secrets FROM sluice.destination d WHERE d.secrets IS NOT NULL LIMIT 10000)
    UNION ALL
    (SELECT o.secrets FROM sluice.source o WHERE o.secrets IS NOT NULL LIMIT 10000)) s;

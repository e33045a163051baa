-- name: doctor.server
-- Settings that matter, and the server's clock.
-- > name text
-- > value text
SELECT name, setting AS value FROM pg_settings
WHERE name IN ('server_version', 'server_version_num', 'fsync', 'full_page_writes', 'synchronous_commit', 'autovacuum', 'max_connections')
UNION ALL
SELECT 'clock', extract(epoch FROM clock_timestamp())::text;

-- name: doctor.partitions
-- Days from tomorrow on that have a partition.
-- > days_ahead int8
SELECT count(*) AS days_ahead FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass('sluice.request') AND substr(c.relname, 9)::date > (clock_timestamp() AT TIME ZONE 'UTC')::date;

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

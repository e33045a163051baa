-- name: tenants.create
-- $1 tenant_id uuid
-- $2 name text
-- $3 shard int2
-- > made bool
SELECT sluice.create_tenant($1, $2, $3) AS made;

-- name: tenants.find
-- $1 name text
-- > tenant_id uuid
-- > name text
-- > shard int2
-- > state text
-- > state_since timestamptz
-- > created_at timestamptz
-- > ingest_rate float8
-- > ingest_burst int4
-- > max_waiting int8
-- > max_in_flight int4
-- > max_body_bytes int4
SELECT tenant_id, name, shard, state::text, state_since, created_at, ingest_rate, ingest_burst, max_waiting, max_in_flight, max_body_bytes
FROM sluice.tenant WHERE name = $1;

-- name: tenants.list
-- By name, from after one on.
-- $1 after text
-- $2 limit int4
-- > tenant_id uuid
-- > name text
-- > shard int2
-- > state text
-- > state_since timestamptz
-- > created_at timestamptz
-- > ingest_rate float8
-- > ingest_burst int4
-- > max_waiting int8
-- > max_in_flight int4
-- > max_body_bytes int4
SELECT tenant_id, name, shard, state::text, state_since, created_at, ingest_rate, ingest_burst, max_waiting, max_in_flight, max_body_bytes
FROM sluice.tenant WHERE name > $1 ORDER BY name LIMIT $2::integer;

-- name: tenants.change_quotas
-- $1 name text
-- $2 quotas text[]
-- $3 values float8[]
-- > found bool
SELECT sluice.change_quotas($1, $2, $3) AS found;

-- name: tenants.set_state
-- Lanes whose gates may have opened.
-- $1 name text
-- $2 state text
-- > shard int2
-- > lane_id int8
SELECT shard, lane_id FROM sluice.set_tenant_state($1, $2::text::sluice.tenant_state);

-- name: tenants.waiting
-- Deliveries of a tenant that wait, are scheduled or held; it counts no further than the limit.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 limit int8
-- > waiting int8
SELECT waiting FROM sluice.backlog($1, $2, NULL, $3);

-- name: tenants.in_flight
-- $1 shard int2
-- $2 tenant_id uuid
-- > in_flight int8
SELECT count(*) AS in_flight FROM sluice.lane l
JOIN sluice.in_flight f ON f.shard = l.shard AND f.lane_id = l.lane_id
WHERE l.shard = $1 AND l.tenant_id = $2;

-- name: tenants.all
-- For the snapshot.
-- > tenant_id uuid
-- > name text
-- > shard int2
-- > state text
-- > state_since timestamptz
-- > created_at timestamptz
-- > ingest_rate float8
-- > ingest_burst int4
-- > max_waiting int8
-- > max_in_flight int4
-- > max_body_bytes int4
SELECT tenant_id, name, shard, state::text, state_since, created_at, ingest_rate, ingest_burst, max_waiting, max_in_flight, max_body_bytes
FROM sluice.tenant;

-- name: tenants.changed
-- $1 tenants uuid[]
-- > tenant_id uuid
-- > name text
-- > shard int2
-- > state text
-- > state_since timestamptz
-- > created_at timestamptz
-- > ingest_rate float8
-- > ingest_burst int4
-- > max_waiting int8
-- > max_in_flight int4
-- > max_body_bytes int4
SELECT tenant_id, name, shard, state::text, state_since, created_at, ingest_rate, ingest_burst, max_waiting, max_in_flight, max_body_bytes
FROM sluice.tenant WHERE tenant_id = ANY ($1);

-- name: tenants.changes
-- What came after a version, in order, with the version that is current; one row without a change where there is none.
-- $1 version int8
-- $2 limit int4
-- > current int8
-- > version int8
-- > subject text
-- > shard int2
-- > tenant_id uuid
-- > id uuid
SELECT v.version AS current, c.version, c.subject, c.shard, c.tenant_id, c.id
FROM sluice.config_version v
LEFT JOIN sluice.config_change c ON c.version > $1
ORDER BY c.version LIMIT $2::integer;

-- name: tenants.version
-- > version int8
SELECT version FROM sluice.config_version;

-- name: tenants.grant_reader
-- $1 tenant text
-- $2 role text
-- > done bool
SELECT sluice.grant_tenant_reader($1, $2::text::name) IS NOT NULL AS done;

-- name: tenants.revoke_reader
-- $1 role text
-- > done bool
SELECT sluice.revoke_tenant_reader($1::text::name) IS NOT NULL AS done;

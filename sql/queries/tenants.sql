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

-- name: tenants.set_quotas
-- $1 name text
-- $2 ingest_rate float8
-- $3 ingest_burst int4
-- $4 max_waiting int8
-- $5 max_in_flight int4
-- $6 max_body_bytes int4
-- > found bool
SELECT sluice.set_quotas($1, $2, $3, $4, $5, $6) AS found;

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
SELECT count(*) AS waiting FROM (
    SELECT FROM sluice.lane l
    CROSS JOIN LATERAL (SELECT FROM sluice.ready w WHERE w.shard = l.shard AND w.lane_id = l.lane_id) w
    WHERE l.shard = $1 AND l.tenant_id = $2 LIMIT $3) counted;

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

-- name: tenants.put_destination
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 destination_id uuid
-- $4 name text
-- $5 base_url text
-- $6 connect_timeout_ms int4
-- $7 timeout_ms int4
-- $8 max_in_flight int4
-- $9 rate_per_second float8
-- $10 rate_burst int4
-- $11 max_attempts int2
-- $12 backoff_base_ms int4
-- $13 backoff_cap_ms int4
-- $14 signing_secret bytea
-- > destination_id uuid
-- > lane_id int8
SELECT destination_id, lane_id
FROM sluice.put_destination($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: tenants.version
-- > version int8
SELECT version FROM sluice.config_version;

-- name: tenants.all_destinations
-- Every destination with its lane, for the snapshot.
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > lane_id int8
-- > name text
-- > base_url text
-- > connect_timeout_ms int4
-- > timeout_ms int4
-- > max_in_flight int4
-- > rate_per_second float8
-- > rate_burst int4
-- > max_attempts int2
-- > backoff_base_ms int4
-- > backoff_cap_ms int4
-- > signing_secret bytea
SELECT d.shard, d.tenant_id, d.destination_id, l.lane_id, d.name, d.base_url, d.connect_timeout_ms, d.timeout_ms,
       d.max_in_flight, d.rate_per_second, d.rate_burst, d.max_attempts, d.backoff_base_ms, d.backoff_cap_ms, d.signing_secret
FROM sluice.destination d
JOIN sluice.lane l ON l.shard = d.shard AND l.tenant_id = d.tenant_id AND l.destination_id = d.destination_id;

-- name: tenants.changed_destinations
-- Those of some destinations that are there.
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 destinations uuid[]
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > lane_id int8
-- > name text
-- > base_url text
-- > connect_timeout_ms int4
-- > timeout_ms int4
-- > max_in_flight int4
-- > rate_per_second float8
-- > rate_burst int4
-- > max_attempts int2
-- > backoff_base_ms int4
-- > backoff_cap_ms int4
-- > signing_secret bytea
SELECT d.shard, d.tenant_id, d.destination_id, l.lane_id, d.name, d.base_url, d.connect_timeout_ms, d.timeout_ms,
       d.max_in_flight, d.rate_per_second, d.rate_burst, d.max_attempts, d.backoff_base_ms, d.backoff_cap_ms, d.signing_secret
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS c (shard, tenant_id, destination_id)
JOIN sluice.destination d ON d.shard = c.shard AND d.tenant_id = c.tenant_id AND d.destination_id = c.destination_id
JOIN sluice.lane l ON l.shard = d.shard AND l.tenant_id = d.tenant_id AND l.destination_id = d.destination_id;

-- name: tenants.create
-- $1 tenant_id uuid
-- $2 name text
-- $3 shard int2
-- > tenant_id uuid
SELECT sluice.create_tenant($1, $2, $3) AS tenant_id;

-- name: tenants.find
-- $1 name text
-- > tenant_id uuid
-- > shard int2
SELECT tenant_id, shard FROM sluice.tenant WHERE name = $1;

-- name: tenants.create_key
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 key_id uuid
-- $4 key_hash bytea
-- $5 label text
-- > done bool
SELECT sluice.create_api_key($1, $2, $3, $4, $5) IS NOT NULL AS done;

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

-- name: tenants.all_keys
-- Every key that may be used, for the snapshot.
-- > shard int2
-- > tenant_id uuid
-- > key_id uuid
-- > key_hash bytea
-- > expires_at timestamptz
SELECT shard, tenant_id, key_id, key_hash, expires_at FROM sluice.api_key WHERE revoked_at IS NULL;

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

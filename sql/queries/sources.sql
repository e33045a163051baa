-- name: sources.all
-- Every source, for the snapshot.
-- > shard int2
-- > tenant_id uuid
-- > source_id uuid
-- > name text
-- > destination_id uuid
-- > destination text
-- > topic text
-- > scheme text
-- > tolerance_s int4
-- > is_enabled bool
-- > secrets bytea
-- > token_hash bytea
-- > old_token_hash bytea
-- > old_token_ends_at timestamptz
-- > version int8
SELECT s.shard, s.tenant_id, s.source_id, s.name, s.destination_id, d.name AS destination, s.topic, s.scheme, s.tolerance_s,
       s.is_enabled, s.secrets, s.token_hash, s.old_token_hash, s.old_token_ends_at, s.version
FROM sluice.source s
LEFT JOIN sluice.destination d ON d.shard = s.shard AND d.tenant_id = s.tenant_id AND d.destination_id = s.destination_id;

-- name: sources.changed
-- Those of some sources that are there.
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 sources uuid[]
-- > shard int2
-- > tenant_id uuid
-- > source_id uuid
-- > name text
-- > destination_id uuid
-- > destination text
-- > topic text
-- > scheme text
-- > tolerance_s int4
-- > is_enabled bool
-- > secrets bytea
-- > token_hash bytea
-- > old_token_hash bytea
-- > old_token_ends_at timestamptz
-- > version int8
SELECT s.shard, s.tenant_id, s.source_id, s.name, s.destination_id, d.name AS destination, s.topic, s.scheme, s.tolerance_s,
       s.is_enabled, s.secrets, s.token_hash, s.old_token_hash, s.old_token_ends_at, s.version
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS c (shard, tenant_id, source_id)
JOIN sluice.source s ON s.shard = c.shard AND s.tenant_id = c.tenant_id AND s.source_id = c.source_id
LEFT JOIN sluice.destination d ON d.shard = s.shard AND d.tenant_id = s.tenant_id AND d.destination_id = s.destination_id;

-- name: sources.of_tenant
-- A tenant's, by name, from the given one on.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 first_name text
-- $4 rows int4
-- > shard int2
-- > tenant_id uuid
-- > source_id uuid
-- > name text
-- > destination_id uuid
-- > destination text
-- > topic text
-- > scheme text
-- > tolerance_s int4
-- > is_enabled bool
-- > secrets bytea
-- > token_hash bytea
-- > old_token_hash bytea
-- > old_token_ends_at timestamptz
-- > version int8
SELECT s.shard, s.tenant_id, s.source_id, s.name, s.destination_id, d.name AS destination, s.topic, s.scheme, s.tolerance_s,
       s.is_enabled, s.secrets, s.token_hash, s.old_token_hash, s.old_token_ends_at, s.version
FROM sluice.source s
LEFT JOIN sluice.destination d ON d.shard = s.shard AND d.tenant_id = s.tenant_id AND d.destination_id = s.destination_id
WHERE s.shard = $1 AND s.tenant_id = $2 AND s.name >= $3
ORDER BY s.name LIMIT $4::integer;

-- name: sources.put
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 source_id uuid
-- $4 name text
-- $5 destination_id uuid
-- $6 topic text
-- $7 scheme text
-- $8 tolerance_s int4
-- $9 is_enabled bool
-- $10 secrets bytea
-- $11 token_hash bytea
-- $12 expected int8
-- $13 limit int4
-- > answer text
-- > source_id uuid
-- > version int8
SELECT answer, source_id, version FROM sluice.put_source($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: sources.rotate
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 name text
-- $4 token_hash bytea
-- $5 overlap interval
-- > found bool
SELECT sluice.rotate_source_token($1, $2, $3, $4, $5) AS found;

-- name: sources.delete
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 name text
-- $4 expected int8
-- > answer text
SELECT sluice.delete_source($1, $2, $3, $4) AS answer;

-- name: sources.sealed_otherwise
-- Sources whose secrets are not sealed with the key of this id, after the given one.
-- $1 key_id bytea
-- $2 shard int2
-- $3 tenant_id uuid
-- $4 source_id uuid
-- $5 rows int4
-- > shard int2
-- > tenant_id uuid
-- > source_id uuid
-- > name text
-- > secrets bytea
SELECT s.shard, s.tenant_id, s.source_id, s.name, s.secrets FROM sluice.source s
WHERE substr(s.secrets, 1, 5) <> $1 AND (s.shard, s.tenant_id, s.source_id) > ($2, $3, $4)
ORDER BY s.shard, s.tenant_id, s.source_id LIMIT $5::integer;

-- name: sources.reseal
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 sources uuid[]
-- $4 before bytea[]
-- $5 after bytea[]
-- > resealed int4
SELECT sluice.reseal_sources($1, $2, $3, $4, $5) AS resealed;

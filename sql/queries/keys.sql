-- name: keys.create
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 key_id uuid
-- $4 key_hash bytea
-- $5 label text
-- $6 scopes text[]
-- $7 expires_at timestamptz
-- $8 environment text
-- $9 limit int4
-- > made bool
SELECT sluice.create_api_key($1, $2, $3, $4, $5, $6, $7, $8, $9) AS made;

-- name: keys.revoke
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 key_id uuid
-- > found bool
SELECT sluice.revoke_api_key($1, $2, $3) AS found;

-- name: keys.rotate
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 old uuid
-- $4 new uuid
-- $5 key_hash bytea
-- $6 overlap interval
-- $7 expires_at timestamptz
-- > found bool
SELECT sluice.rotate_api_key($1, $2, $3, $4, $5, $6, $7) AS found;

-- name: keys.list
-- A tenant's keys, the newest first, from after one id on.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 before uuid
-- $4 limit int4
-- > key_id uuid
-- > label text
-- > scopes text[]
-- > created_at timestamptz
-- > expires_at timestamptz
-- > revoked_at timestamptz
-- > last_used_at timestamptz
-- > environment text
SELECT key_id, label, scopes, created_at, expires_at, revoked_at, last_used_at, environment FROM sluice.api_key
WHERE shard = $1 AND tenant_id = $2 AND key_id < $3
ORDER BY key_id DESC LIMIT $4::integer;

-- name: keys.find
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 key_id uuid
-- > key_id uuid
-- > label text
-- > scopes text[]
-- > created_at timestamptz
-- > expires_at timestamptz
-- > revoked_at timestamptz
-- > last_used_at timestamptz
-- > environment text
SELECT key_id, label, scopes, created_at, expires_at, revoked_at, last_used_at, environment FROM sluice.api_key
WHERE shard = $1 AND tenant_id = $2 AND key_id = $3;

-- name: keys.note_uses
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 keys uuid[]
-- $4 times timestamptz[]
-- > noted int4
SELECT sluice.note_key_uses($1, $2, $3, $4) AS noted;

-- name: keys.all
-- Every key that is not revoked, for the snapshot.
-- > shard int2
-- > tenant_id uuid
-- > key_id uuid
-- > key_hash bytea
-- > expires_at timestamptz
-- > scopes text[]
-- > environment text
SELECT shard, tenant_id, key_id, key_hash, expires_at, scopes, environment FROM sluice.api_key WHERE revoked_at IS NULL;

-- name: keys.changed
-- Those of some keys that are there and not revoked.
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 keys uuid[]
-- > shard int2
-- > tenant_id uuid
-- > key_id uuid
-- > key_hash bytea
-- > expires_at timestamptz
-- > scopes text[]
-- > environment text
SELECT k.shard, k.tenant_id, k.key_id, k.key_hash, k.expires_at, k.scopes, k.environment
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS c (shard, tenant_id, key_id)
JOIN sluice.api_key k ON k.shard = c.shard AND k.tenant_id = c.tenant_id AND k.key_id = c.key_id
WHERE k.revoked_at IS NULL;

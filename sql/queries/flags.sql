-- name: flags.all_sets
-- Every set with its flags, for the snapshot.
-- > shard int2
-- > tenant_id uuid
-- > set_id uuid
-- > environment text
-- > version int8
-- > bucketing int2
-- > evaluators text
-- > metadata text
-- > keys text[]
-- > definitions text[]
-- > value_types text[]
-- > flag_evaluators text[]
-- > rollouts text[]
-- > client_visible text[]
SELECT s.shard, s.tenant_id, s.set_id, s.environment, s.version, s.bucketing, s.evaluators::text AS evaluators, s.metadata::text AS metadata,
       s.keys, s.definitions, s.value_types, s.flag_evaluators, s.rollouts, s.client_visible
FROM sluice.flag_set_contents s;

-- name: flags.changed_sets
-- Those of some sets that are there.
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 sets uuid[]
-- > shard int2
-- > tenant_id uuid
-- > set_id uuid
-- > environment text
-- > version int8
-- > bucketing int2
-- > evaluators text
-- > metadata text
-- > keys text[]
-- > definitions text[]
-- > value_types text[]
-- > flag_evaluators text[]
-- > rollouts text[]
-- > client_visible text[]
SELECT s.shard, s.tenant_id, s.set_id, s.environment, s.version, s.bucketing, s.evaluators::text AS evaluators, s.metadata::text AS metadata,
       s.keys, s.definitions, s.value_types, s.flag_evaluators, s.rollouts, s.client_visible
FROM unnest($1::smallint[], $2::uuid[], $3::uuid[]) AS c (shard, tenant_id, set_id)
JOIN sluice.flag_set_contents s ON s.shard = c.shard AND s.tenant_id = c.tenant_id AND s.set_id = c.set_id;

-- name: flags.set
-- One set with its flags, as flags.all_sets.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- > shard int2
-- > tenant_id uuid
-- > set_id uuid
-- > environment text
-- > version int8
-- > bucketing int2
-- > evaluators text
-- > metadata text
-- > keys text[]
-- > definitions text[]
-- > value_types text[]
-- > flag_evaluators text[]
-- > rollouts text[]
-- > client_visible text[]
SELECT s.shard, s.tenant_id, s.set_id, s.environment, s.version, s.bucketing, s.evaluators::text AS evaluators, s.metadata::text AS metadata,
       s.keys, s.definitions, s.value_types, s.flag_evaluators, s.rollouts, s.client_visible
FROM sluice.flag_set_contents s WHERE s.shard = $1 AND s.tenant_id = $2 AND s.environment = $3;

-- name: flags.environments
-- A tenant's, by name.
-- $1 shard int2
-- $2 tenant_id uuid
-- > environment text
-- > version int8
-- > bucketing int2
-- > flags int8
-- > updated_at timestamptz
SELECT s.environment, s.version, s.bucketing,
       (SELECT count(*) FROM sluice.flag f
        WHERE f.shard = s.shard AND f.tenant_id = s.tenant_id AND f.environment = s.environment AND f.archived_at IS NULL) AS flags,
       s.updated_at
FROM sluice.flag_set s WHERE s.shard = $1 AND s.tenant_id = $2 AND s.version > 0
ORDER BY s.environment;

-- name: flags.list
-- Flags of an environment by key, from the given one on, archived ones too.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 first text
-- $5 rows int4
-- > key text
-- > definition text
-- > value_type text
-- > client_visible bool
-- > permanent bool
-- > owner text
-- > tags text[]
-- > version int8
-- > created_at timestamptz
-- > updated_at timestamptz
-- > archived_at timestamptz
SELECT f.key, f.definition::text AS definition, f.value_type, f.client_visible, f.permanent, f.owner, f.tags, f.version, f.created_at,
       f.updated_at, f.archived_at
FROM sluice.flag f
WHERE f.shard = $1 AND f.tenant_id = $2 AND f.environment = $3 AND f.key >= $4
ORDER BY f.key LIMIT $5::integer;

-- name: flags.put
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 key text
-- $5 definition text
-- $6 value_type text
-- $7 client_visible bool
-- $8 permanent bool
-- $9 owner text
-- $10 tags text[]
-- $11 expected int8
-- $12 actor text
-- $13 reason text
-- $14 environments int4
-- $15 flags int4
-- $16 bytes int8
-- > answer text
-- > version int8
-- > set_version int8
SELECT answer, version, set_version
FROM sluice.put_flag($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16);

-- name: flags.archive
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 key text
-- $5 expected int8
-- $6 actor text
-- $7 reason text
-- > answer text
SELECT sluice.archive_flag($1, $2, $3, $4, $5, $6, $7) AS answer;

-- name: flags.revert
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 key text
-- $5 to int8
-- $6 expected int8
-- $7 actor text
-- $8 reason text
-- $9 flags int4
-- $10 bytes int8
-- > answer text
-- > version int8
-- > set_version int8
SELECT answer, version, set_version FROM sluice.revert_flag($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: flags.kill
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 key text
-- $5 variant text
-- $6 actor text
-- $7 reason text
-- > answer text
-- > version int8
-- > set_version int8
SELECT answer, version, set_version FROM sluice.kill_flag($1, $2, $3, $4, $5, $6, $7);

-- name: flags.put_set
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 bucketing int2
-- $5 evaluators text
-- $6 metadata text
-- $7 expected int8
-- $8 actor text
-- $9 reason text
-- $10 environments int4
-- $11 flags int4
-- $12 bytes int8
-- > answer text
-- > set_version int8
SELECT answer, set_version FROM sluice.put_flag_set($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: flags.import
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 evaluators text
-- $5 metadata text
-- $6 keys text[]
-- $7 definitions text[]
-- $8 value_types text[]
-- $9 flag_evaluators text[]
-- $10 prune bool
-- $11 expected int8
-- $12 actor text
-- $13 reason text
-- $14 environments int4
-- $15 flags int4
-- $16 bytes int8
-- > answer text
-- > set_version int8
-- > created int4
-- > changed int4
-- > archived int4
SELECT answer, set_version, created, changed, archived
FROM sluice.import_flags($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16);

-- name: flags.revisions
-- Of one flag, or of the whole environment where the key is NULL; the newest first, from before a version of the set on. What
-- has the version of the last row comes along: an import changes many flags in one.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 key text
-- $5 before int8
-- $6 rows int4
-- > key text
-- > version int8
-- > set_version int8
-- > definition text
-- > settings text
-- > source text
-- > actor text
-- > reason text
-- > evidence text
-- > created_at timestamptz
SELECT r.key, r.version, r.set_version, r.definition::text AS definition, r.settings::text AS settings, r.source, r.actor, r.reason,
       r.evidence::text AS evidence, r.created_at
FROM sluice.flag_revision r
WHERE r.shard = $1 AND r.tenant_id = $2 AND r.environment = $3 AND ($4::text IS NULL OR r.key = $4) AND r.set_version < $5
ORDER BY r.set_version DESC FETCH FIRST ($6::integer) ROWS WITH TIES;

-- name: flags.staleness
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 days int4
-- > key text
-- > owner text
-- > permanent bool
-- > updated_at timestamptz
-- > last_evaluated_at timestamptz
-- > evaluations int8
-- > variants text[]
-- > stale text
SELECT key, owner, permanent, updated_at, last_evaluated_at, evaluations, variants, stale FROM sluice.flag_staleness($1, $2, $3, $4);

-- name: flags.note_uses
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 environments text[]
-- $4 keys text[]
-- $5 days int4[]
-- $6 variants text[]
-- $7 counts int8[]
-- $8 times timestamptz[]
-- > noted int4
SELECT sluice.note_flag_uses($1, $2, $3, $4, $5, $6, $7, $8) AS noted;

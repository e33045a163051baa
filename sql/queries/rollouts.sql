-- name: rollouts.start
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 key text
-- $5 rollout_id uuid
-- $6 control text
-- $7 treatment text
-- $8 unit text
-- $9 keeps_seed bool
-- $10 steps text
-- $11 guard text
-- $12 actor text
-- $13 reason text
-- > answer text
-- > version int8
SELECT answer, version FROM sluice.start_rollout($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: rollouts.order
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 key text
-- $5 order text
-- $6 actor text
-- $7 reason text
-- > answer text
SELECT sluice.command_rollout($1, $2, $3, $4, $5, $6, $7) AS answer;

-- name: rollouts.of_flag
-- The newest first, from before one on.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 environment text
-- $4 key text
-- $5 before uuid
-- $6 rows int4
-- > rollout_id uuid
-- > control text
-- > treatment text
-- > unit text
-- > seed text
-- > steps text
-- > guard text
-- > step int2
-- > status text
-- > hold_reason text
-- > is_approved bool
-- > started_by text
-- > started_at timestamptz
-- > step_started_at timestamptz
-- > ended_at timestamptz
-- > verdict text
SELECT r.rollout_id, r.control, r.treatment, r.unit, r.seed, r.steps::text AS steps, r.guard::text AS guard, r.step, r.status,
       r.hold_reason, r.is_approved, r.started_by, r.started_at, r.step_started_at, r.ended_at, r.verdict::text AS verdict
FROM sluice.rollout r
WHERE r.shard = $1 AND r.tenant_id = $2 AND r.environment = $3 AND r.flag_key = $4 AND r.rollout_id < $5
ORDER BY r.rollout_id DESC LIMIT $6::integer;

-- name: rollouts.note
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 rollouts uuid[]
-- $4 steps int2[]
-- $5 treatments bool[]
-- $6 units text[]
-- $7 counts int4[]
-- $8 bads int4[]
-- > noted int4
SELECT sluice.note_rollout_outcomes($1, $2, $3, $4, $5, $6, $7, $8) AS noted;

-- name: rollouts.check
-- $1 shards int2[]
-- > shard int2
-- > tenant_id uuid
-- > rollout_id uuid
-- > environment text
-- > flag_key text
-- > done text
SELECT shard, tenant_id, rollout_id, environment, flag_key, done FROM sluice.check_rollout($1);

-- name: deliveries.arm
-- Arms the lanes that can run; called after the commit that may have made them so.
-- $1 shards int2[]
-- $2 lanes int8[]
-- > announced int4
SELECT sluice.arm($1, $2) AS announced;

-- name: deliveries.arm_due
-- Arms lanes whose time has come; returns the shards that have a runnable lane.
-- $1 shards int2[]
-- $2 limit int4
-- > runnable int2[]
SELECT sluice.arm_due($1, $2) AS runnable;

-- name: deliveries.claim
-- Rows without a request name lanes that were disarmed; one without a lane says that others can run.
-- $1 shard int2
-- $2 worker uuid
-- $3 token int8
-- $4 lanes int4
-- $5 rows int4
-- $6 bytes int8
-- $7 quantum int4
-- $8 leaving_out uuid[]
-- > lane_id int8
-- > tenant_id uuid
-- > request_id uuid
-- > attempt int2
-- > is_expired bool
-- > method text
-- > path text
-- > query text
-- > headers text
-- > body bytea
-- > epoch int8
-- > rollout text
SELECT lane_id, tenant_id, request_id, attempt, is_expired, method, path, query, headers, body, epoch, rollout
FROM sluice.claim($1, $2, $3, $4, $5, $6, $7, $8);

-- name: deliveries.report
-- $1 shards int2[]
-- $2 lanes int8[]
-- $3 requests uuid[]
-- $4 tokens int8[]
-- $5 verdicts text[]
-- $6 classes text[]
-- $7 statuses int2[]
-- $8 latencies_us int8[]
-- $9 retries_in interval[]
-- $10 errors text[]
-- $11 heads text[]
-- $12 bodies bytea[]
-- $13 destinations uuid[]
-- $14 signals text[]
-- $15 slow bool[]
-- > accepted int4[]
-- > awaited int4[]
SELECT accepted, awaited FROM sluice.report($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: deliveries.tell
-- Tells the processes whose callers wait for these requests that their deliveries have ended; after the commit.
-- $1 requests uuid[]
-- > told int4
SELECT sluice.tell_outcomes($1) AS told;

-- name: deliveries.expire
-- $1 shards int2[]
-- $2 rows int4
-- > examined int4
-- > expired int4
SELECT examined, expired FROM sluice.expire_deliveries($1, $2);

-- name: deliveries.claim_probe
-- One delivery past a closed gate, for the holder of a probe's lease.
-- $1 shard int2
-- $2 tenant uuid
-- $3 destination uuid
-- $4 worker uuid
-- $5 token int8
-- $6 skip uuid
-- > lane_id int8
-- > tenant_id uuid
-- > request_id uuid
-- > attempt int2
-- > is_expired bool
-- > method text
-- > path text
-- > query text
-- > headers text
-- > body bytea
-- > epoch int8
-- > rollout text
SELECT lane_id, tenant_id, request_id, attempt, is_expired, method, path, query, headers, body, epoch, rollout
FROM sluice.claim_probe($1, $2, $3, $4, $5, $6);

-- name: deliveries.rescue
-- $1 shards int2[]
-- $2 rows int4
-- > shard int2
-- > lane_id int8
SELECT shard, lane_id FROM sluice.rescue($1, $2);

-- name: deliveries.reconcile
-- $1 shards int2[]
-- > armed int4
SELECT sluice.reconcile($1) AS armed;

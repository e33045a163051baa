-- name: replays.letters
-- A page of a tenant's dead letters; a last row without a request says how far a search came that found too few.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 before_request uuid
-- $4 before_lane int8
-- $5 destination_id uuid
-- $6 class text
-- $7 dead_from timestamptz
-- $8 dead_before timestamptz
-- $9 limit int4
-- $10 examine int4
-- > request_id uuid
-- > lane_id int8
-- > destination text
-- > dead_at timestamptz
-- > attempts int2
-- > class text
-- > bytes int4
-- > method text
-- > path text
-- > query text
-- > received_at timestamptz
-- > expires_at timestamptz
-- > status int2
-- > error text
-- > examined_request uuid
-- > examined_lane int8
SELECT request_id, lane_id, destination, dead_at, attempts, class, bytes, method, path, query, received_at, expires_at, status,
       error, examined_request, examined_lane
FROM sluice.list_dead_letters($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: replays.count
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 destination_id uuid
-- $4 class text
-- $5 dead_from timestamptz
-- $6 dead_before timestamptz
-- $7 examine int4
-- > matching int8
-- > is_exact bool
SELECT matching, is_exact FROM sluice.count_dead_letters($1, $2, $3, $4, $5, $6, $7);

-- name: replays.start
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 replay_id uuid
-- $4 destination_id uuid
-- $5 class text
-- $6 dead_from timestamptz
-- $7 dead_before timestamptz
-- $8 rate float8
-- $9 actor text
-- > is_started bool
SELECT sluice.start_replay($1, $2, $3, $4, $5, $6, $7, $8, $9) AS is_started;

-- name: replays.list
-- The tenant's newest, or one.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 replay_id uuid
-- $4 before uuid
-- $5 limit int4
-- > replay_id uuid
-- > destination text
-- > class text
-- > dead_from timestamptz
-- > dead_before timestamptz
-- > rate_per_second float8
-- > state text
-- > actor text
-- > created_at timestamptz
-- > ended_at timestamptz
-- > examined int8
-- > replayed int8
-- > expired int8
SELECT r.replay_id, d.name AS destination, r.class, r.dead_from, r.dead_before, r.rate_per_second, r.state::text AS state, r.actor,
       r.created_at, r.ended_at, r.examined, r.replayed, r.expired
FROM sluice.replay r
LEFT JOIN sluice.destination d ON d.shard = r.shard AND d.tenant_id = r.tenant_id AND d.destination_id = r.destination_id
WHERE r.shard = $1 AND r.tenant_id = $2 AND ($3::uuid IS NULL OR r.replay_id = $3) AND r.replay_id < $4
ORDER BY r.replay_id DESC LIMIT $5::integer;

-- name: replays.cancel
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 replay_id uuid
-- > is_cancelled bool
SELECT sluice.cancel_replay($1, $2, $3) AS is_cancelled;

-- name: replays.running
-- $1 shards int2[]
-- $2 limit int4
-- > shard int2
-- > tenant_id uuid
-- > replay_id uuid
SELECT shard, tenant_id, replay_id FROM sluice.replay WHERE shard = ANY ($1) AND state = 'running' LIMIT $2::integer;

-- name: replays.advance
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 replay_id uuid
-- $4 rows int4
-- $5 examine int4
-- > lanes int8[]
SELECT sluice.advance_replay($1, $2, $3, $4, $5) AS lanes;

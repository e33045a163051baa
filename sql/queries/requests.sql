-- name: requests.store
-- Stores a batch; a row comes back for each item whose idempotency key stands for another request. Fails with 23505 on
-- a stored id unless it is sent `again`.
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 destinations uuid[]
-- $4 lanes int8[]
-- $5 topics text[]
-- $6 fan_outs text[]
-- $7 requests uuid[]
-- $8 methods text[]
-- $9 paths text[]
-- $10 queries text[]
-- $11 headers text[]
-- $12 bodies bytea[]
-- $13 dues timestamptz[]
-- $14 expiries timestamptz[]
-- $15 keys bytea[]
-- $16 fingerprints bytea[]
-- $17 key_window interval
-- $18 again bool
-- $19 awaited uuid[]
-- $20 stamps text[]
-- > place int4
-- > request_id uuid
-- > is_same_payload bool
SELECT place, request_id, is_same_payload
FROM sluice.store($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20);

-- name: requests.find
-- One request of a tenant, without its body.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 request_id uuid
-- > method text
-- > path text
-- > query text
-- > topic text
-- > headers text
-- > bytes int4
-- > received_at timestamptz
-- > due_at timestamptz
-- > expires_at timestamptz
-- > stamps text
SELECT method, path, query, topic, headers, octet_length(body) AS bytes, received_at, due_at, expires_at, stamps::text AS stamps
FROM sluice.request WHERE shard = $1 AND tenant_id = $2 AND request_id = $3;

-- name: requests.deliveries
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 request_id uuid
-- > lane_id int8
-- > destination text
-- > state text
-- > attempts int2
-- > due_at timestamptz
SELECT v.lane_id, coalesce(d.name, '(deleted)') AS destination, v.state, v.attempts, greatest(v.due_at, v.blocked_until) AS due_at
FROM sluice.delivery v
LEFT JOIN sluice.destination d ON d.shard = v.shard AND d.tenant_id = v.tenant_id AND d.destination_id = v.destination_id
WHERE v.shard = $1 AND v.tenant_id = $2 AND v.request_id = $3
ORDER BY v.lane_id;

-- name: requests.attempts
-- The last 100 attempts of a request's deliveries, oldest first. In an ordered lane next_due_at is a place, not a time.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 request_id uuid
-- > lane_id int8
-- > number int2
-- > finished_at timestamptz
-- > verdict text
-- > class text
-- > status int2
-- > latency_us int8
-- > next_due_at timestamptz
-- > error text
-- > response_head text
-- > response_body bytea
SELECT lane_id, number, finished_at, verdict, class, status, latency_us, next_due_at, error, response_head, response_body
FROM (
    SELECT a.lane_id, a.number, a.finished_at, a.verdict::text AS verdict, a.class, a.status, a.latency_us,
           CASE WHEN a.next_due_at >= a.finished_at THEN a.next_due_at END AS next_due_at,
           a.error, a.response_head, a.response_body
    FROM sluice.attempt a
    WHERE a.shard = $1 AND a.tenant_id = $2 AND a.request_id = $3
    ORDER BY a.finished_at DESC LIMIT 100) latest
ORDER BY lane_id, finished_at;

-- name: requests.list
-- A page of a tenant's requests, newest first; a last row without a request says how far a search came that found too few.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 from uuid
-- $4 before uuid
-- $5 destination_id uuid
-- $6 topic text
-- $7 states text[]
-- $8 status int2
-- $9 class text
-- $10 limit int4
-- $11 examine int4
-- > request_id uuid
-- > method text
-- > path text
-- > query text
-- > topic text
-- > bytes int4
-- > received_at timestamptz
-- > due_at timestamptz
-- > expires_at timestamptz
-- > destinations text[]
-- > states text[]
-- > attempts int2[]
-- > last_attempt_ats timestamptz[]
-- > classes text[]
-- > statuses int2[]
-- > is_unrouted bool
-- > examined_to uuid
SELECT request_id, method, path, query, topic, bytes, received_at, due_at, expires_at, destinations, states, attempts,
       last_attempt_ats, classes, statuses, is_unrouted, examined_to
FROM sluice.list_requests($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: requests.body
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 request_id uuid
-- > body bytea
SELECT body FROM sluice.request WHERE shard = $1 AND tenant_id = $2 AND request_id = $3;

-- name: requests.outcome
-- The first final outcome of a request's deliveries.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 request_id uuid
-- > destination text
-- > verdict text
-- > class text
-- > number int2
-- > finished_at timestamptz
-- > status int2
-- > latency_us int8
-- > error text
-- > response_head text
-- > response_body bytea
SELECT d.name AS destination, a.verdict::text AS verdict, a.class, a.number, a.finished_at, a.status, a.latency_us, a.error,
       a.response_head, a.response_body
FROM sluice.attempt a
JOIN sluice.lane l ON l.shard = a.shard AND l.lane_id = a.lane_id
JOIN sluice.destination d ON d.shard = l.shard AND d.tenant_id = l.tenant_id AND d.destination_id = l.destination_id
WHERE a.shard = $1 AND a.tenant_id = $2 AND a.request_id = $3 AND a.verdict IN ('delivered', 'dead', 'expired', 'cancelled')
ORDER BY a.finished_at LIMIT 1;

-- name: requests.cancel
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 request_id uuid
-- $4 actor text
-- > cancelled int4
-- > stopping int4
SELECT cancelled, stopping FROM sluice.cancel_request($1, $2, $3, $4);

-- name: requests.replay
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 request_id uuid
-- $4 destination_id uuid
-- $5 new_lane int8
-- $6 actor text
-- > answer text
-- > lanes int8[]
SELECT answer, lanes FROM sluice.replay_request($1, $2, $3, $4, $5, $6);

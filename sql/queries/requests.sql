-- name: requests.store
-- Stores a batch; a row comes back for each item whose idempotency key stands for another request. Fails with 23505 on
-- a stored id unless it is sent `again`.
-- $1 shards int2[]
-- $2 tenants uuid[]
-- $3 destinations uuid[]
-- $4 lanes int8[]
-- $5 requests uuid[]
-- $6 methods text[]
-- $7 paths text[]
-- $8 queries text[]
-- $9 headers text[]
-- $10 bodies bytea[]
-- $11 dues timestamptz[]
-- $12 expiries timestamptz[]
-- $13 keys bytea[]
-- $14 fingerprints bytea[]
-- $15 key_window interval
-- $16 again bool
-- > place int4
-- > request_id uuid
-- > is_same_payload bool
SELECT place, request_id, is_same_payload
FROM sluice.store($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16);

-- name: requests.find
-- One request of a tenant, without its body.
-- $1 shard int2
-- $2 tenant_id uuid
-- $3 request_id uuid
-- > method text
-- > path text
-- > query text
-- > headers text
-- > bytes int4
-- > received_at timestamptz
-- > due_at timestamptz
-- > expires_at timestamptz
SELECT method, path, query, headers, octet_length(body) AS bytes, received_at, due_at, expires_at
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
SELECT v.lane_id, d.name AS destination, v.state, v.attempts, v.due_at
FROM sluice.delivery v
JOIN sluice.destination d ON d.shard = v.shard AND d.tenant_id = v.tenant_id AND d.destination_id = v.destination_id
WHERE v.shard = $1 AND v.tenant_id = $2 AND v.request_id = $3
ORDER BY v.lane_id;

-- name: requests.attempts
-- The last 100 attempts of a request's deliveries, oldest first.
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
    SELECT a.lane_id, a.number, a.finished_at, a.verdict::text AS verdict, a.class, a.status, a.latency_us, a.next_due_at,
           a.error, a.response_head, a.response_body
    FROM sluice.attempt a
    WHERE a.shard = $1 AND a.tenant_id = $2 AND a.request_id = $3
    ORDER BY a.finished_at DESC LIMIT 100) latest
ORDER BY lane_id, finished_at;

-- Requests and the state of their deliveries. The state of a delivery is a fact plus a place: a row in ready (waiting,
-- scheduled or held: the lane's gate tells), in in_flight, in dead_letter, or a final verdict in attempt.
--
-- Every key starts with shard, then the tenant or the lane, so that the schema can be distributed by shard. There are
-- no foreign keys between hot tables (their checks lock the parent's row) and no triggers.

CREATE TYPE sluice.gate AS ENUM ('pass', 'hold');

COMMENT ON TYPE sluice.gate IS 'Whether deliveries of a lane may be claimed.';

CREATE TYPE sluice.verdict AS ENUM ('delivered', 'retry', 'dead', 'expired', 'cancelled', 'returned', 'replayed');

COMMENT ON TYPE sluice.verdict IS 'What an attempt means for its delivery: delivered, dead, expired and cancelled are final; returned leaves no attempt behind; replayed begins the delivery anew.';

CREATE TABLE sluice.request (
    shard          smallint NOT NULL,
    tenant_id      uuid NOT NULL,
    request_id     uuid NOT NULL,
    destination_id uuid,
    topic          text,
    lanes          bigint[] NOT NULL,
    method         text NOT NULL,
    path           text NOT NULL,
    query          text,
    headers        text NOT NULL,
    body           bytea NOT NULL,
    received_at    timestamptz NOT NULL,
    due_at         timestamptz NOT NULL,
    expires_at     timestamptz,
    stamps         json,
    PRIMARY KEY (shard, tenant_id, request_id)
) PARTITION BY RANGE (request_id);

COMMENT ON TABLE sluice.request IS 'What tenants sent, byte for byte, never changed but for its lanes. Partitions by the day of the key, a UUIDv7; dropped, not deleted from.';
COMMENT ON COLUMN sluice.request.destination_id IS 'NULL where it was sent to a topic.';
COMMENT ON COLUMN sluice.request.topic IS 'What it was sent to in place of a destination; routes said where it goes.';
COMMENT ON COLUMN sluice.request.lanes IS 'The lanes of its deliveries. Empty: no route fitted its topic, and it is unrouted. A replay to one more destination adds a lane.';
COMMENT ON COLUMN sluice.request.path IS 'As it was sent, percent-encoding untouched, below the destination''s base URL.';
COMMENT ON COLUMN sluice.request.query IS 'Without the question mark; NULL where there was none.';
COMMENT ON COLUMN sluice.request.headers IS 'One "name: value" a line, in the order of arrival, without hop-by-hop headers and the gateway''s own key.';
COMMENT ON COLUMN sluice.request.due_at IS 'When its first attempts were due.';
COMMENT ON COLUMN sluice.request.expires_at IS 'An attempt that would start later is not made.';
COMMENT ON COLUMN sluice.request.stamps IS 'What flags decided of its routes when it was stored, an object each: route, environment, flag, variant, reason, lane (NULL: it went nowhere), and the side of a rollout. NULL: no flag took part. Retries and replays keep to it. Kept as text: it is written with every request and seldom read.';

CREATE FUNCTION sluice.rollout_of(p_stamps json, p_lane bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (s.stamp -> 'rollout')::text FROM json_array_elements(p_stamps) AS s (stamp)
    WHERE (s.stamp ->> 'lane')::bigint = p_lane AND s.stamp -> 'rollout' IS NOT NULL LIMIT 1
$$;

COMMENT ON FUNCTION sluice.rollout_of IS 'The side of a rollout on which a request''s delivery by a lane is, as JSON; NULL: on none.';

CREATE TABLE sluice.idempotency_key (
    shard       smallint NOT NULL,
    tenant_id   uuid NOT NULL,
    key_hash    bytea NOT NULL,
    request_id  uuid NOT NULL,
    fingerprint bytea NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (shard, tenant_id, key_hash)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.idempotency_key IS 'Which request a tenant''s Idempotency-Key stands for. A table of its own: a partitioned table can''t hold this key.';
COMMENT ON COLUMN sluice.idempotency_key.key_hash IS 'First 16 bytes of the SHA-256 of the key.';
COMMENT ON COLUMN sluice.idempotency_key.fingerprint IS 'First 16 bytes of the SHA-256 of the payload; the same key with another one is a conflict.';

CREATE INDEX idempotency_key_expiry ON sluice.idempotency_key (shard, expires_at);

CREATE TABLE sluice.lane (
    shard           smallint NOT NULL,
    lane_id         bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id       uuid NOT NULL,
    destination_id  uuid NOT NULL,
    gate            sluice.gate NOT NULL DEFAULT 'pass',
    epoch           bigint NOT NULL DEFAULT 1,
    dispatch_limit  integer,
    throttled_until timestamptz,
    fresh_since     timestamptz,
    armed           boolean NOT NULL DEFAULT false,
    next_due_at     timestamptz,
    vtime           double precision NOT NULL DEFAULT 0,
    weight          double precision NOT NULL DEFAULT 1 CONSTRAINT weight_is_positive CHECK (weight > 0),
    max_in_flight   integer NOT NULL,
    tenant_limit    integer,
    lease           interval NOT NULL,
    rate_per_second double precision,
    rate_burst      integer NOT NULL,
    tokens          double precision NOT NULL,
    tokens_at       timestamptz NOT NULL,
    is_ordered      boolean NOT NULL DEFAULT false,
    blocked_until   timestamptz,
    blocked_by      uuid,
    PRIMARY KEY (shard, lane_id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.lane IS 'The scheduling row of a destination, or one of several of an ordered destination: may work be claimed here, and how much. Claims start from armed lanes, never from the backlog.';
COMMENT ON COLUMN sluice.lane.gate IS 'The verdict of the destination''s circuit, as are the next four.';
COMMENT ON COLUMN sluice.lane.epoch IS 'The circuit''s, stamped on what is claimed.';
COMMENT ON COLUMN sluice.lane.dispatch_limit IS 'Deliveries in flight that the circuit allows; NULL: max_in_flight.';
COMMENT ON COLUMN sluice.lane.throttled_until IS 'Nothing is claimed before.';
COMMENT ON COLUMN sluice.lane.fresh_since IS 'When the gate opened, while there is a backlog from before: what is due since gets a quarter of each claim.';
COMMENT ON COLUMN sluice.lane.armed IS 'A claim may find work here. False: empty, full, or out of tokens; whatever changes that arms it.';
COMMENT ON COLUMN sluice.lane.next_due_at IS 'Of a lane that is not armed: when time alone will make it runnable.';
COMMENT ON COLUMN sluice.lane.vtime IS 'Virtual time of the stride scheduler: the lane that has had least, by weight, is claimed from first.';
COMMENT ON COLUMN sluice.lane.tenant_limit IS 'Deliveries in flight that the tenant may have over all its lanes, a copy of the tenant''s; NULL: no limit.';
COMMENT ON COLUMN sluice.lane.lease IS 'How long a claimed delivery stays its worker''s: the attempt''s time-out and slack.';
COMMENT ON COLUMN sluice.lane.tokens IS 'Token bucket of the destination''s rate, as of tokens_at.';
COMMENT ON COLUMN sluice.lane.is_ordered IS 'One delivery at a time, in the order of due_at and request_id, each until its end: a delivery that is tried again keeps its place, and the lane waits.';
COMMENT ON COLUMN sluice.lane.blocked_until IS 'Of an ordered lane: when its first delivery may be tried again. Nothing is claimed before.';
COMMENT ON COLUMN sluice.lane.blocked_by IS 'The request that the lane waits for; if it ends meanwhile, the lane goes on.';

CREATE INDEX lane_runnable ON sluice.lane (shard, tenant_id, lane_id) WHERE armed AND gate = 'pass';
CREATE INDEX lane_timer ON sluice.lane (shard, next_due_at) WHERE NOT armed AND next_due_at IS NOT NULL;
CREATE INDEX lane_limited ON sluice.lane (shard, tenant_id) WHERE tenant_limit IS NOT NULL;
CREATE INDEX lane_divided ON sluice.lane (shard, tenant_id, destination_id) WHERE is_ordered AND dispatch_limit IS NOT NULL;
CREATE INDEX lane_destination ON sluice.lane (shard, tenant_id, destination_id);

CREATE TABLE sluice.ready (
    shard      smallint NOT NULL,
    attempts   smallint NOT NULL,
    bytes      integer NOT NULL,
    lane_id    bigint NOT NULL,
    due_at     timestamptz NOT NULL,
    request_id uuid NOT NULL,
    is_awaited boolean,
    PRIMARY KEY (shard, lane_id, due_at, request_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
        autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.ready IS 'Deliveries that wait to be claimed: due, scheduled for later, or held behind a closed gate. Who deletes a row holds its lane''s lock.';
COMMENT ON COLUMN sluice.ready.attempts IS 'Attempts spent so far.';
COMMENT ON COLUMN sluice.ready.bytes IS 'Size of the body, so that a claim can bound what it loads.';
COMMENT ON COLUMN sluice.ready.due_at IS 'The request''s due_at, or the last attempt''s next_due_at: by it a single delivery is found without a scan.';
COMMENT ON COLUMN sluice.ready.is_awaited IS 'True: an API process holds a caller''s answer until the outcome. NULL, not false, where none does: that takes no space.';

CREATE TABLE sluice.in_flight (
    shard       smallint NOT NULL,
    attempt     smallint NOT NULL,
    bytes       integer NOT NULL,
    lane_id     bigint NOT NULL,
    due_at      timestamptz NOT NULL,
    claimed_at  timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    epoch       bigint NOT NULL,
    token       bigint NOT NULL,
    request_id  uuid NOT NULL,
    tenant_id   uuid NOT NULL,
    worker      uuid NOT NULL,
    is_cancelled boolean NOT NULL DEFAULT false,
    is_awaited  boolean,
    PRIMARY KEY (shard, lane_id, request_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.in_flight IS 'Deliveries that a worker has claimed. The key stops a double claim.';
COMMENT ON COLUMN sluice.in_flight.attempt IS 'Number of the attempt under way, from 1.';
COMMENT ON COLUMN sluice.in_flight.token IS 'Fence: only a report that knows it changes anything.';
COMMENT ON COLUMN sluice.in_flight.epoch IS 'The circuit''s epoch in which it was claimed: in another, its outcome says nothing.';
COMMENT ON COLUMN sluice.in_flight.is_cancelled IS 'The attempt goes on; if it does not deliver there is no other, and the delivery is cancelled.';
COMMENT ON COLUMN sluice.in_flight.lease_until IS 'Afterwards the delivery goes back to ready, its attempt counted as lost.';

CREATE TABLE sluice.attempt (
    shard           smallint NOT NULL,
    tenant_id       uuid NOT NULL,
    request_id      uuid NOT NULL,
    lane_id         bigint NOT NULL,
    finished_at     timestamptz NOT NULL,
    number          smallint NOT NULL,
    status          smallint,
    verdict         sluice.verdict NOT NULL,
    class           text NOT NULL,
    latency_us      bigint NOT NULL,
    next_due_at     timestamptz,
    worker          uuid NOT NULL,
    error           text,
    response_head   text,
    response_body   bytea,
    PRIMARY KEY (shard, tenant_id, request_id, lane_id, finished_at)
) PARTITION BY RANGE (request_id);

COMMENT ON TABLE sluice.attempt IS 'Log of attempts, append-only. Partitioned like request, so that the attempts of a request lie in one partition and go with it.';
COMMENT ON COLUMN sluice.attempt.class IS 'What happened: delivered, rejected, redirected, throttled, server_error, connect_refused, timeout, lost, ...';
COMMENT ON COLUMN sluice.attempt.status IS 'HTTP status of the response, where one came.';
COMMENT ON COLUMN sluice.attempt.next_due_at IS 'Of a retry or a replay: when the next attempt is due; in an ordered lane, where a retry keeps its place, that place.';
COMMENT ON COLUMN sluice.attempt.number IS 'From 1, anew after a replay. An entry that no worker made (cancelled, expired while it waited, replayed) has the attempts spent, and a worker of zeros.';
COMMENT ON COLUMN sluice.attempt.response_head IS 'Headers of the response, one a line, bounded.';
COMMENT ON COLUMN sluice.attempt.response_body IS 'The first 16 KiB of the response''s body.';

CREATE TABLE sluice.dead_letter (
    shard      smallint NOT NULL,
    attempts   smallint NOT NULL,
    bytes      integer NOT NULL,
    lane_id    bigint NOT NULL,
    dead_at    timestamptz NOT NULL,
    tenant_id  uuid NOT NULL,
    request_id uuid NOT NULL,
    class      text NOT NULL,
    PRIMARY KEY (shard, tenant_id, lane_id, request_id)
);

COMMENT ON TABLE sluice.dead_letter IS 'Deliveries that used up their attempts or were refused for good. They keep their request''s partition.';
COMMENT ON COLUMN sluice.dead_letter.class IS 'Class of the last attempt.';

CREATE INDEX dead_letter_order ON sluice.dead_letter (shard, tenant_id, request_id, lane_id);

CREATE TABLE sluice.expiry (
    shard      smallint NOT NULL,
    tenant_id  uuid NOT NULL,
    request_id uuid NOT NULL,
    look_at    timestamptz NOT NULL,
    PRIMARY KEY (shard, look_at, tenant_id, request_id)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.expiry IS 'Requests that have an expires_at, so that what is held behind a closed gate expires without a walk through the backlog.';
COMMENT ON COLUMN sluice.expiry.look_at IS 'The request''s expires_at; later where an attempt was under way then.';

CREATE VIEW sluice.delivery WITH (security_invoker = true) AS
SELECT q.shard, q.tenant_id, q.request_id, delivery.lane_id, l.destination_id, q.received_at, q.expires_at,
       CASE
           WHEN f.request_id IS NOT NULL THEN 'in_flight'
           WHEN w.request_id IS NOT NULL AND w.due_at > now() THEN 'scheduled'
           WHEN w.request_id IS NOT NULL AND l.gate = 'hold' THEN 'held'
           WHEN w.request_id IS NOT NULL THEN 'waiting'
           WHEN d.request_id IS NOT NULL THEN 'dead'
           ELSE coalesce(a.verdict::text, 'waiting')
       END AS state,
       coalesce(f.attempt, w.attempts, a.number, 0::smallint) AS attempts,
       w.due_at, CASE WHEN w.request_id IS NOT NULL THEN l.blocked_until END AS blocked_until, f.worker, f.lease_until, a.finished_at AS last_attempt_at, a.class AS last_class, a.status AS last_status
FROM sluice.request q
CROSS JOIN LATERAL unnest(q.lanes) AS delivery(lane_id)
-- Of a destination that was deleted, the lane is gone; what became of its deliveries is still told.
LEFT JOIN sluice.lane l ON l.shard = q.shard AND l.lane_id = delivery.lane_id
LEFT JOIN LATERAL (
    SELECT * FROM sluice.attempt a
    WHERE a.shard = q.shard AND a.tenant_id = q.tenant_id AND a.request_id = q.request_id AND a.lane_id = delivery.lane_id
    ORDER BY a.finished_at DESC LIMIT 1) a ON true
-- CASE, not coalesce: of the two it is the one that the planner pushes below a policy, and so into the index.
LEFT JOIN sluice.ready w
       ON w.shard = q.shard AND w.lane_id = delivery.lane_id AND w.request_id = q.request_id
      AND w.due_at = CASE WHEN a.next_due_at IS NULL THEN q.due_at ELSE a.next_due_at END
LEFT JOIN sluice.in_flight f
       ON f.shard = q.shard AND f.lane_id = delivery.lane_id AND f.request_id = q.request_id
LEFT JOIN sluice.dead_letter d
       ON d.shard = q.shard AND d.tenant_id = q.tenant_id AND d.lane_id = delivery.lane_id AND d.request_id = q.request_id;

COMMENT ON VIEW sluice.delivery IS 'One row a request and destination, with its state: waiting, scheduled, held, in_flight, delivered, dead, expired, cancelled. Name shard, tenant_id and request_id in the query.';

-- What overviews and metrics show, at a cost that doesn't grow with the backlog: counts of traffic, which each process adds up
-- itself, and samples of backlogs, which the leader takes.

CREATE TABLE sluice.traffic (
    shard     smallint NOT NULL,
    tenant_id uuid NOT NULL,
    minute    timestamptz NOT NULL CONSTRAINT minute_is_whole CHECK (extract(second FROM minute) = 0),
    process   uuid NOT NULL,
    accepted  bigint NOT NULL,
    delivered bigint NOT NULL,
    retried   bigint NOT NULL,
    dead      bigint NOT NULL,
    other     bigint NOT NULL,
    PRIMARY KEY (shard, tenant_id, minute, process)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.traffic IS 'What processes stored and how their attempts ended, by tenant and minute. Each has rows of its own and writes them every ten seconds, so none waits for another; a crash of one loses as much. Rows are kept for a day. What sluice.enqueue stores is not counted as accepted, nor what ends without a worker''s attempt.';
COMMENT ON COLUMN sluice.traffic.minute IS 'By the clock of the process.';
COMMENT ON COLUMN sluice.traffic.process IS 'Made anew with each start.';
COMMENT ON COLUMN sluice.traffic.accepted IS 'Requests that were committed; one that was there already under its idempotency key is not.';
COMMENT ON COLUMN sluice.traffic.retried IS 'Attempts that failed and will be followed by another; so delivered and dead are of the last ones.';
COMMENT ON COLUMN sluice.traffic.other IS 'Deliveries that had expired or were cancelled when a worker had them.';

CREATE INDEX traffic_minute ON sluice.traffic (minute);

CREATE TABLE sluice.depth (
    shard         smallint NOT NULL,
    tenant_id     uuid NOT NULL,
    taken_at      timestamptz NOT NULL,
    waiting       bigint NOT NULL,
    held          bigint NOT NULL,
    is_estimate   boolean NOT NULL,
    in_flight     bigint NOT NULL,
    dead          bigint NOT NULL,
    oldest_due_at timestamptz,
    destinations  bigint NOT NULL,
    closed        bigint NOT NULL,
    open          bigint NOT NULL,
    half_open     bigint NOT NULL,
    ramping       bigint NOT NULL,
    paused        bigint NOT NULL,
    forced        bigint NOT NULL,
    PRIMARY KEY (shard, tenant_id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.depth IS 'The latest sample of each tenant''s backlog and circuits. The leader takes one every fifteen seconds where that is little work, and seldomer where it is much.';
COMMENT ON COLUMN sluice.depth.waiting IS 'Deliveries that wait, are scheduled or held.';
COMMENT ON COLUMN sluice.depth.held IS 'Those of waiting whose gate is closed.';
COMMENT ON COLUMN sluice.depth.is_estimate IS 'waiting, held or dead was more than there was time to count; it is what PostgreSQL''s statistics say.';
COMMENT ON COLUMN sluice.depth.in_flight IS 'Attempts under way.';
COMMENT ON COLUMN sluice.depth.dead IS 'Dead letters.';
COMMENT ON COLUMN sluice.depth.oldest_due_at IS 'When the first of what waits is, or was, due; exact. NULL: nothing waits.';
COMMENT ON COLUMN sluice.depth.closed IS 'Circuits in that state, as are the next three.';
COMMENT ON COLUMN sluice.depth.paused IS 'Circuits that an operator holds open.';
COMMENT ON COLUMN sluice.depth.forced IS 'Circuits that an operator keeps closed.';

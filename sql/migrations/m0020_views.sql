-- What operators look at with psql. Tables have singular names; these views, for people, have plural ones, and names of
-- tenants and destinations in place of ids. Each reads with the rights of who asks, so a tenant's login sees its own rows.
--
-- Counts of what may be a backlog stop at 1,000 a lane: a view costs the same whatever waits. Lanes are looked for by ranges:
-- by equality the planner, whose statistics of a queue are never true, would read all of one to sort it.

CREATE VIEW sluice.queues AS
SELECT t.name AS tenant, d.name AS destination, l.gate, l.waiting, l.scheduled, l.oldest_at,
       CASE WHEN l.oldest_at <= now() THEN date_trunc('second', now() - l.oldest_at) END AS oldest_age,
       l.in_flight, l.dead, l.lanes, d.deletion
FROM sluice.destination d
JOIN sluice.tenant t ON t.tenant_id = d.tenant_id
CROSS JOIN LATERAL (
    SELECT max(l.gate) AS gate, count(*) AS lanes, sum(w.waiting)::bigint AS waiting, sum(w.scheduled)::bigint AS scheduled,
           min(w.oldest_at) AS oldest_at, sum(f.in_flight)::bigint AS in_flight, sum(x.dead)::bigint AS dead
    FROM sluice.lane l
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting, count(*) FILTER (WHERE first.due_at > now()) AS scheduled, min(first.due_at) AS oldest_at
        FROM (SELECT w.due_at FROM sluice.ready w
              WHERE (w.shard, w.lane_id) >= (l.shard, l.lane_id) AND (w.shard, w.lane_id) <= (l.shard, l.lane_id)
              ORDER BY w.shard, w.lane_id, w.due_at LIMIT 1000) first) w
    CROSS JOIN LATERAL (
        SELECT count(*) AS in_flight FROM sluice.in_flight f WHERE f.shard = l.shard AND f.lane_id = l.lane_id) f
    CROSS JOIN LATERAL (
        SELECT count(*) AS dead FROM (
            SELECT FROM sluice.dead_letter x
            WHERE (x.shard, x.tenant_id, x.lane_id) >= (l.shard, l.tenant_id, l.lane_id)
              AND (x.shard, x.tenant_id, x.lane_id) <= (l.shard, l.tenant_id, l.lane_id)
            ORDER BY x.shard, x.tenant_id, x.lane_id LIMIT 1000) first) x
    WHERE l.shard = d.shard AND l.tenant_id = d.tenant_id AND l.destination_id = d.destination_id) l;

COMMENT ON VIEW sluice.queues IS 'How much waits for each destination, and for how long: one row a destination.';
COMMENT ON COLUMN sluice.queues.gate IS 'pass: deliveries are claimed. hold: they wait behind the circuit, or their tenant is not active.';
COMMENT ON COLUMN sluice.queues.waiting IS 'Deliveries that wait, are scheduled or held; counted up to 1,000 a lane, so a whole thousand means that or more.';
COMMENT ON COLUMN sluice.queues.scheduled IS 'Those of waiting that are due later.';
COMMENT ON COLUMN sluice.queues.oldest_at IS 'When the first of them is, or was, due; exact.';
COMMENT ON COLUMN sluice.queues.oldest_age IS 'How long that one has been due; NULL: nothing is.';
COMMENT ON COLUMN sluice.queues.in_flight IS 'Attempts under way.';
COMMENT ON COLUMN sluice.queues.dead IS 'Dead letters; counted up to 1,000 a lane.';
COMMENT ON COLUMN sluice.queues.lanes IS 'One; of an ordered destination as many as were chosen for it.';
COMMENT ON COLUMN sluice.queues.deletion IS 'What becomes of the backlog of a destination that is being deleted: drain or cancel. NULL: it is not.';

CREATE VIEW sluice.circuits AS
SELECT t.name AS tenant, d.name AS destination, c.mode, c.state, l.gate,
       CASE WHEN t.state <> 'active' THEN 'the tenant is ' || t.state ELSE coalesce(c.mode_reason, c.reason) END AS reason,
       c.mode_by AS by, c.mode_until AS until, c.state_since AS since,
       c.probe_at AS next_probe_at, c.reopen_count AS reopened,
       least(floor(c.dispatch_limit)::integer, c.ceiling) AS limited_to, c.throttled_until,
       CASE c.health_is_up WHEN true THEN 'up' WHEN false THEN 'down' END AS health
FROM sluice.circuit c
JOIN sluice.tenant t ON t.tenant_id = c.tenant_id
JOIN sluice.destination d ON d.shard = c.shard AND d.tenant_id = c.tenant_id AND d.destination_id = c.destination_id
CROSS JOIN LATERAL (
    SELECT max(l.gate) AS gate FROM sluice.lane l
    WHERE l.shard = d.shard AND l.tenant_id = d.tenant_id AND l.destination_id = d.destination_id) l;

COMMENT ON VIEW sluice.circuits IS 'What each destination''s circuit does, and why: one row a destination.';
COMMENT ON COLUMN sluice.circuits.mode IS 'What an operator wants: auto leaves it to the machine.';
COMMENT ON COLUMN sluice.circuits.state IS 'What the machine thinks: closed passes, open holds, half_open probes, ramping passes within a limit.';
COMMENT ON COLUMN sluice.circuits.gate IS 'What comes of both, and of the tenant''s state: pass or hold.';
COMMENT ON COLUMN sluice.circuits.reason IS 'The operator''s, where there is a mode; else the machine''s.';
COMMENT ON COLUMN sluice.circuits.by IS 'The operator; NULL: the machine decides.';
COMMENT ON COLUMN sluice.circuits.until IS 'When the mode ends by itself; NULL: when somebody ends it.';
COMMENT ON COLUMN sluice.circuits.since IS 'Of the state.';
COMMENT ON COLUMN sluice.circuits.next_probe_at IS 'When an open circuit tries one delivery, if there is one; NULL: it waits for none.';
COMMENT ON COLUMN sluice.circuits.reopened IS 'Openings that lengthen the wait before the next probe.';
COMMENT ON COLUMN sluice.circuits.limited_to IS 'Attempts under way that the machine or the operator allows; NULL: as many as the destination''s settings.';
COMMENT ON COLUMN sluice.circuits.throttled_until IS 'Nothing is claimed before: the destination asked for a pause.';
COMMENT ON COLUMN sluice.circuits.health IS 'What health checks say: up or down; NULL: there are none, or they don''t know yet.';

CREATE VIEW sluice.holds AS
SELECT q.tenant, q.destination, q.waiting AS held, q.oldest_at, q.oldest_age, c.mode, c.state, c.reason, c.by, c.since, c.until, c.next_probe_at
FROM sluice.queues q
JOIN sluice.circuits c ON c.tenant = q.tenant AND c.destination = q.destination
WHERE q.gate = 'hold' AND q.waiting > 0;

COMMENT ON VIEW sluice.holds IS 'Backlogs that are held: behind a circuit, or of a tenant that is not active; and what they wait for.';
COMMENT ON COLUMN sluice.holds.held IS 'Counted up to 1,000 a lane, so a whole thousand means that or more.';
COMMENT ON COLUMN sluice.holds.oldest_age IS 'How long the first of them has been due; NULL: all are due later.';
COMMENT ON COLUMN sluice.holds.reason IS 'Why, as sluice.circuits has it.';

CREATE VIEW sluice.flights AS
SELECT t.name AS tenant, d.name AS destination, f.request_id AS request, f.attempt, f.claimed_at,
       date_trunc('millisecond', now() - f.claimed_at) AS running, date_trunc('millisecond', f.lease_until - now()) AS lease_left,
       f.worker, f.bytes, f.is_cancelled
FROM sluice.in_flight f
JOIN sluice.lane l ON l.shard = f.shard AND l.lane_id = f.lane_id
JOIN sluice.tenant t ON t.tenant_id = f.tenant_id
JOIN sluice.destination d ON d.shard = l.shard AND d.tenant_id = l.tenant_id AND d.destination_id = l.destination_id;

COMMENT ON VIEW sluice.flights IS 'Attempts under way, one row each; as many as workers make at a time.';
COMMENT ON COLUMN sluice.flights.attempt IS 'Its number, from 1.';
COMMENT ON COLUMN sluice.flights.lease_left IS 'How long it is still its worker''s. Below zero: the worker is gone, and the delivery goes back into its queue within seconds.';
COMMENT ON COLUMN sluice.flights.is_cancelled IS 'There will be no other attempt.';

CREATE VIEW sluice.dead_letters AS
SELECT t.name AS tenant, d.name AS destination, x.request_id AS request, x.dead_at, x.attempts, x.class, a.status, a.error,
       q.method, q.path, x.bytes, q.received_at, q.expires_at
FROM sluice.destination d
JOIN sluice.tenant t ON t.tenant_id = d.tenant_id
JOIN sluice.lane l ON l.shard = d.shard AND l.tenant_id = d.tenant_id AND l.destination_id = d.destination_id
CROSS JOIN LATERAL (
    SELECT x.request_id, x.dead_at, x.attempts, x.class, x.bytes FROM sluice.dead_letter x
    WHERE (x.shard, x.tenant_id, x.lane_id) >= (l.shard, l.tenant_id, l.lane_id)
      AND (x.shard, x.tenant_id, x.lane_id) <= (l.shard, l.tenant_id, l.lane_id)
    ORDER BY x.shard DESC, x.tenant_id DESC, x.lane_id DESC, x.request_id DESC LIMIT 1000) x
CROSS JOIN LATERAL (
    SELECT q.method, q.path, q.received_at, q.expires_at FROM sluice.request q
    WHERE q.shard = l.shard AND q.tenant_id = l.tenant_id AND q.request_id = x.request_id LIMIT 1) q
LEFT JOIN LATERAL (
    SELECT a.status, a.error FROM sluice.attempt a
    WHERE a.shard = l.shard AND a.tenant_id = l.tenant_id AND a.request_id = x.request_id AND a.lane_id = l.lane_id
    ORDER BY a.finished_at DESC LIMIT 1) a ON true;

COMMENT ON VIEW sluice.dead_letters IS 'Deliveries that were given up, with their last attempt: of each lane those of the newest 1,000 requests. Name tenant and destination in the query.';
COMMENT ON COLUMN sluice.dead_letters.class IS 'What happened last: rejected, server_error, connect_refused, timeout, ...';
COMMENT ON COLUMN sluice.dead_letters.status IS 'HTTP status of the last response; NULL: none came.';
COMMENT ON COLUMN sluice.dead_letters.expires_at IS 'Once that has passed, it is not replayed.';

CREATE VIEW sluice.throughput AS
SELECT a.minute, a.tenant, d.name AS destination, sum(a.attempts)::bigint AS attempts, sum(a.delivered)::bigint AS delivered,
       sum(a.retried)::bigint AS retried, sum(a.dead)::bigint AS dead, sum(a.other)::bigint AS other,
       round(sum(a.latency_us) / sum(a.attempts) / 1000, 1) AS mean_ms, round(max(a.slowest_us) / 1000.0, 1) AS slowest_ms
FROM (
    SELECT date_trunc('minute', a.finished_at) AS minute, t.name AS tenant, t.shard, a.lane_id, count(*) AS attempts,
           count(*) FILTER (WHERE a.verdict = 'delivered') AS delivered, count(*) FILTER (WHERE a.verdict = 'retry') AS retried,
           count(*) FILTER (WHERE a.verdict = 'dead') AS dead,
           count(*) FILTER (WHERE a.verdict NOT IN ('delivered', 'retry', 'dead')) AS other,
           sum(a.latency_us) AS latency_us, max(a.latency_us) AS slowest_us
    FROM sluice.tenant t
    JOIN sluice.attempt a ON a.shard = t.shard AND a.tenant_id = t.tenant_id
    WHERE a.finished_at >= now() - interval '1 hour'
      -- The smallest UUIDv7 of an hour ago: there is no index by finished_at.
      AND a.request_id >= (lpad(to_hex((extract(epoch FROM now() - interval '1 hour') * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
    GROUP BY 1, 2, 3, 4) a
JOIN sluice.lane l ON l.shard = a.shard AND l.lane_id = a.lane_id
JOIN sluice.destination d ON d.shard = l.shard AND d.tenant_id = l.tenant_id AND d.destination_id = l.destination_id
GROUP BY 1, 2, 3;

COMMENT ON VIEW sluice.throughput IS 'Attempts by minute, tenant and destination, of requests that came within the last hour; retries of older ones are not counted. It reads all of these attempts, about a second a million: name the tenant where there are many.';
COMMENT ON COLUMN sluice.throughput.minute IS 'In which they ended.';
COMMENT ON COLUMN sluice.throughput.other IS 'Expired, cancelled and replayed.';
COMMENT ON COLUMN sluice.throughput.mean_ms IS 'Time of an attempt, from its start to the end of the response.';

CREATE VIEW sluice.partitions AS
SELECT p.relname AS kind, to_date(right(c.relname, 8), 'YYYYMMDD') AS day, nullif(c.reltuples, -1)::bigint AS rows,
       pg_total_relation_size(c.oid) AS bytes, pg_size_pretty(pg_total_relation_size(c.oid)) AS size
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_class p ON p.oid = i.inhparent
WHERE p.relnamespace = 'sluice'::regnamespace AND p.relkind = 'p' AND c.relkind = 'r';

COMMENT ON VIEW sluice.partitions IS 'Days of requests and of attempts. Old days are dropped as a whole, once nothing live refers to them.';
COMMENT ON COLUMN sluice.partitions.kind IS 'request or attempt.';
COMMENT ON COLUMN sluice.partitions.day IS 'UTC; that of the request, for its attempts too.';
COMMENT ON COLUMN sluice.partitions.rows IS 'PostgreSQL''s estimate at its last look; NULL: it has not looked yet.';
COMMENT ON COLUMN sluice.partitions.bytes IS 'With indexes and long values.';

CREATE VIEW sluice.bloats AS
SELECT s.relname AS name, s.n_live_tup AS rows, s.n_dead_tup AS dead_rows,
       round(100.0 * s.n_dead_tup / nullif(s.n_live_tup + s.n_dead_tup, 0), 1) AS dead_percent,
       pg_relation_size(s.relid) AS table_bytes, pg_indexes_size(s.relid) AS index_bytes,
       pg_size_pretty(pg_total_relation_size(s.relid)) AS size, greatest(s.last_vacuum, s.last_autovacuum) AS vacuumed_at
FROM pg_stat_user_tables s
JOIN pg_class c ON c.oid = s.relid
WHERE s.schemaname = 'sluice' AND c.relkind = 'r' AND NOT c.relispartition;

COMMENT ON VIEW sluice.bloats IS 'Tables that are changed in place, and what of them is waste. The gateway vacuums ready, in_flight and lane itself.';
COMMENT ON COLUMN sluice.bloats.rows IS 'An estimate, by PostgreSQL''s statistics; so are the next two.';
COMMENT ON COLUMN sluice.bloats.table_bytes IS 'Also what is free inside, for rows to come: a queue that was long once stays large.';

CREATE VIEW sluice.flags AS
SELECT t.name AS tenant, f.environment, f.key AS flag, f.definition ->> 'state' AS state, f.definition ->> 'defaultVariant' AS otherwise,
       f.rollout IS NOT NULL AS in_rollout, f.version, f.updated_at, r.actor AS changed_by, r.source AS changed_by_way_of, r.reason,
       u.evaluations, u.variants, u.last_at AS last_evaluated_at
FROM sluice.flag f
JOIN sluice.tenant t ON t.tenant_id = f.tenant_id
LEFT JOIN sluice.flag_revision r ON r.shard = f.shard AND r.tenant_id = f.tenant_id AND r.environment = f.environment
                                AND r.key = f.key AND r.version = f.version
CROSS JOIN LATERAL (
    SELECT coalesce(sum(u.count), 0)::bigint AS evaluations, coalesce(array_agg(DISTINCT u.variant), '{}') AS variants, max(u.last_at) AS last_at
    FROM sluice.flag_use u
    WHERE u.shard = f.shard AND u.tenant_id = f.tenant_id AND u.environment = f.environment AND u.key = f.key
      AND u.day >= (now() AT TIME ZONE 'UTC')::date - 6) u
WHERE f.archived_at IS NULL;

COMMENT ON VIEW sluice.flags IS 'Feature flags that are not archived, who changed them last, and how they were used in seven days.';
COMMENT ON COLUMN sluice.flags.state IS 'ENABLED, or DISABLED: callers get their own default.';
COMMENT ON COLUMN sluice.flags.otherwise IS 'The variant where targeting decides nothing.';
COMMENT ON COLUMN sluice.flags.changed_by_way_of IS 'edit, import, kill, revert, rollout or guard.';
COMMENT ON COLUMN sluice.flags.evaluations IS 'Of today and the six days before (UTC), to about a minute ago.';
COMMENT ON COLUMN sluice.flags.variants IS 'Those that came out; empty text: none did.';

CREATE VIEW sluice.rollouts AS
SELECT t.name AS tenant, r.environment, r.flag_key AS flag, r.status, r.hold_reason, r.treatment, r.control, r.step + 1 AS step,
       jsonb_array_length(r.steps) AS steps, ((r.steps -> r.step ->> 'weight')::numeric / 100)::numeric(5, 2) AS percent,
       r.step_started_at, r.verdict ->> 'outcome' AS verdict, r.verdict ->> 'waits_for' AS waits_for,
       (r.verdict -> 'treatment' ->> 'rate')::numeric AS treatment_failing, (r.verdict -> 'control' ->> 'rate')::numeric AS control_failing,
       r.started_by, r.started_at, r.ended_at
FROM sluice.rollout r
JOIN sluice.tenant t ON t.tenant_id = r.tenant_id;

COMMENT ON VIEW sluice.rollouts IS 'Rollouts of flags, those that have ended too.';
COMMENT ON COLUMN sluice.rollouts.step IS 'The one under way, from 1.';
COMMENT ON COLUMN sluice.rollouts.percent IS 'Of the units, that get the treatment in this step.';
COMMENT ON COLUMN sluice.rollouts.verdict IS 'ok, regression or mismatch; NULL: not judged yet.';
COMMENT ON COLUMN sluice.rollouts.waits_for IS 'What the end of the step lacks: hold_time, deliveries, fresh_deliveries, another_unit or approval.';
COMMENT ON COLUMN sluice.rollouts.treatment_failing IS 'Share of first attempts that did not deliver, from 0 to 1.';

CREATE VIEW sluice.keys AS
SELECT t.name AS tenant, k.label, k.scopes, k.environment,
       CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired' ELSE 'valid' END AS state,
       k.last_used_at, k.created_at, k.expires_at, k.key_id AS key
FROM sluice.api_key k
JOIN sluice.tenant t ON t.tenant_id = k.tenant_id;

COMMENT ON VIEW sluice.keys IS 'API keys and their use. A key itself is shown once, when it is made, and stored nowhere.';
COMMENT ON COLUMN sluice.keys.state IS 'valid, expired or revoked; those that ended are forgotten after a month.';
COMMENT ON COLUMN sluice.keys.last_used_at IS 'To about a minute; NULL: never.';

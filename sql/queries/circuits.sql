-- name: circuits.find
-- A circuit, the database's clock, and what it is to be judged by.
-- $1 shard int2
-- $2 tenant uuid
-- $3 destination uuid
-- > version int8
-- > mode text
-- > mode_until timestamptz
-- > mode_by text
-- > mode_reason text
-- > state text
-- > epoch int8
-- > state_since timestamptz
-- > reason text
-- > opened_at timestamptz
-- > retry_at timestamptz
-- > reopen_count int4
-- > stable_since timestamptz
-- > openings timestamptz[]
-- > alerts int4
-- > probe_owner uuid
-- > probe_token int8
-- > probe_lease_until timestamptz
-- > probe_ok int4
-- > probe_fail int4
-- > probe_lost int4
-- > probe_skip_request uuid
-- > throttled_until timestamptz
-- > dispatch_limit float8
-- > ssthresh float8
-- > limit_at timestamptz
-- > limit_seen int4[]
-- > last_good_limit float8
-- > ceiling int4
-- > suspected_since timestamptz
-- > would_open_at timestamptz
-- > health_is_up bool
-- > failed_canaries int4
-- > now timestamptz
-- > in_flight int8
-- > backlog_is_empty bool
SELECT c.version, c.mode::text AS mode, c.mode_until, c.mode_by, c.mode_reason, c.state::text AS state, c.epoch,
       c.state_since, c.reason, c.opened_at, c.retry_at, c.reopen_count, c.stable_since, c.openings, c.alerts,
       c.probe_owner, c.probe_token, c.probe_lease_until, c.probe_ok, c.probe_fail, c.probe_lost, c.probe_skip_request,
       c.throttled_until, c.dispatch_limit, c.ssthresh, c.limit_at, c.limit_seen, c.last_good_limit, c.ceiling,
       c.suspected_since, c.would_open_at, c.health_is_up, c.failed_canaries,
       clock_timestamp() AS now,
       (SELECT count(*) FROM sluice.lane l JOIN sluice.in_flight f ON f.shard = l.shard AND f.lane_id = l.lane_id
        WHERE l.shard = c.shard AND l.tenant_id = c.tenant_id AND l.destination_id = c.destination_id) AS in_flight,
       NOT EXISTS (SELECT FROM sluice.lane l JOIN sluice.ready w ON w.shard = l.shard AND w.lane_id = l.lane_id
        WHERE l.shard = c.shard AND l.tenant_id = c.tenant_id AND l.destination_id = c.destination_id
          AND w.due_at <= statement_timestamp() AND coalesce(l.blocked_until <= statement_timestamp(), true)) AS backlog_is_empty
FROM sluice.circuit c WHERE c.shard = $1 AND c.tenant_id = $2 AND c.destination_id = $3;

-- name: circuits.sums
-- What each worker saw in an epoch, in the last so many buckets of five seconds, the one under way included.
-- $1 shard int2
-- $2 tenant uuid
-- $3 destination uuid
-- $4 epoch int8
-- $5 buckets int4
-- > worker uuid
-- > ok int8
-- > fail int8
-- > lasting int8
-- > server_errors int8
-- > distinct_requests int8
-- > unresolved int8
-- > slow int8
-- > pushback int8
-- > rtt_us int8
SELECT b.worker, sum(b.ok) AS ok, sum(b.fail) AS fail, sum(b.lasting) AS lasting, sum(b.server_errors) AS server_errors,
       sum(b.distinct_requests) AS distinct_requests, sum(b.unresolved) AS unresolved, sum(b.slow) AS slow,
       sum(b.pushback) AS pushback, sum(b.rtt_us)::bigint AS rtt_us
FROM sluice.circuit_bucket b
WHERE b.shard = $1 AND b.tenant_id = $2 AND b.destination_id = $3 AND b.epoch = $4
  AND b.bucket > floor(extract(epoch FROM statement_timestamp()) / 5)::bigint - $5::integer
GROUP BY b.worker;

-- name: circuits.traffic
-- When a destination was last tried, and when that last succeeded, to five seconds.
-- $1 shard int2
-- $2 tenant uuid
-- $3 destination uuid
-- > last timestamptz
-- > last_success timestamptz
SELECT to_timestamp(max(b.bucket) * 5) AS last, to_timestamp(max(b.bucket) FILTER (WHERE b.ok > 0) * 5) AS last_success
FROM sluice.circuit_bucket b WHERE b.shard = $1 AND b.tenant_id = $2 AND b.destination_id = $3;

-- name: circuits.apply
-- Writes a circuit as the machine left it, if its version is still the given one.
-- $1 shard int2
-- $2 tenant uuid
-- $3 destination uuid
-- $4 version int8
-- $5 mode text
-- $6 mode_until timestamptz
-- $7 mode_by text
-- $8 mode_reason text
-- $9 state text
-- $10 epoch int8
-- $11 state_since timestamptz
-- $12 reason text
-- $13 opened_at timestamptz
-- $14 retry_at timestamptz
-- $15 reopen_count int4
-- $16 stable_since timestamptz
-- $17 openings timestamptz[]
-- $18 alerts int4
-- $19 probe_owner uuid
-- $20 probe_token int8
-- $21 probe_lease_until timestamptz
-- $22 probe_ok int4
-- $23 probe_fail int4
-- $24 probe_lost int4
-- $25 probe_skip_request uuid
-- $26 throttled_until timestamptz
-- $27 dispatch_limit float8
-- $28 ssthresh float8
-- $29 limit_at timestamptz
-- $30 limit_seen int4[]
-- $31 last_good_limit float8
-- $32 ceiling int4
-- $33 suspected_since timestamptz
-- $34 would_open_at timestamptz
-- $35 health_is_up bool
-- $36 failed_canaries int4
-- $37 probe_at timestamptz
-- $38 timer_at timestamptz
-- $39 lane_limit int4
-- $40 announce bool
-- $41 at timestamptz
-- $42 events jsonb
-- > is_applied bool
SELECT sluice.apply_circuit(
    ROW($1, $2, $3, $4, $5::text::sluice.circuit_mode, $6, $7, $8, $9::text::sluice.circuit_state, $10, $11, $12, $13, $14,
        $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37,
        $38)::sluice.circuit,
    $39, $40, $41, $42) AS is_applied;

-- name: circuits.command
-- $1 shard int2
-- $2 tenant uuid
-- $3 destination uuid
-- $4 command text
-- $5 until timestamptz
-- $6 limit int4
-- $7 actor text
-- $8 note text
-- > answer text
SELECT sluice.command_circuit($1, $2, $3, $4, $5, $6, $7, $8) AS answer;

-- name: circuits.due
-- Circuits that somebody has to look at: time changes them, or a probe is due and there is a delivery or a health check to
-- probe with.
-- $1 shards int2[]
-- $2 limit int4
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > is_probe bool
SELECT c.shard, c.tenant_id, c.destination_id, false AS is_probe
FROM sluice.circuit c WHERE c.shard = ANY ($1) AND c.timer_at <= statement_timestamp()
UNION ALL
SELECT c.shard, c.tenant_id, c.destination_id, true AS is_probe
FROM sluice.circuit c
WHERE c.shard = ANY ($1) AND c.probe_at <= statement_timestamp()
  AND (EXISTS (
      SELECT FROM sluice.lane l
      WHERE l.shard = c.shard AND l.tenant_id = c.tenant_id AND l.destination_id = c.destination_id
        AND coalesce(l.blocked_until <= statement_timestamp(), true)
        AND EXISTS (SELECT FROM sluice.ready w WHERE w.shard = l.shard AND w.lane_id = l.lane_id AND w.due_at <= statement_timestamp()))
    OR EXISTS (
      SELECT FROM sluice.health_check h
      WHERE h.shard = c.shard AND h.tenant_id = c.tenant_id AND h.destination_id = c.destination_id AND h.policy <> 'advisory'))
LIMIT $2::integer;

-- name: circuits.unsettled
-- Circuits that are not simply closed: those that a process keeps in memory.
-- $1 shards int2[]
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > holds bool
-- > epoch int8
-- > is_limited bool
-- > is_ahead bool
SELECT c.shard, c.tenant_id, c.destination_id, sluice.circuit_gate(c.mode, c.state) = 'hold' AS holds, c.epoch,
       c.mode = 'auto' AND c.dispatch_limit IS NOT NULL AS is_limited, c.state_since > statement_timestamp() AS is_ahead
FROM sluice.circuit c
WHERE c.shard = ANY ($1) AND (c.state <> 'closed' OR c.mode <> 'auto' OR c.dispatch_limit IS NOT NULL);

-- name: circuits.policies
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > overrides jsonb
SELECT shard, tenant_id, destination_id, overrides FROM sluice.circuit_policy;

-- name: circuits.tenant_policies
-- $1 shard int2
-- $2 tenant uuid
-- > shard int2
-- > tenant_id uuid
-- > destination_id uuid
-- > overrides jsonb
SELECT shard, tenant_id, destination_id, overrides FROM sluice.circuit_policy WHERE shard = $1 AND tenant_id = $2;

-- name: circuits.put_policy
-- $1 shard int2
-- $2 tenant uuid
-- $3 destination uuid
-- $4 overrides jsonb
-- > version int8
SELECT sluice.put_circuit_policy($1, $2, $3, $4) AS version;

-- name: circuits.show
-- What an operator sees: every circuit of a tenant, or one. What waits is counted up to 10,001.
-- $1 shard int2
-- $2 tenant uuid
-- $3 destination uuid
-- > destination text
-- > mode text
-- > mode_until timestamptz
-- > mode_by text
-- > mode_reason text
-- > state text
-- > state_since timestamptz
-- > reason text
-- > epoch int8
-- > next_probe_at timestamptz
-- > throttled_until timestamptz
-- > deliveries_allowed int4
-- > in_flight int8
-- > waiting int8
-- > oldest_waiting_at timestamptz
-- > evidence jsonb
SELECT d.name AS destination, c.mode::text AS mode, c.mode_until, c.mode_by, c.mode_reason, c.state::text AS state, c.state_since,
       c.reason, c.epoch, c.probe_at AS next_probe_at, c.throttled_until,
       least(d.max_in_flight, c.ceiling, CASE WHEN c.mode = 'auto' THEN floor(c.dispatch_limit)::integer END) AS deliveries_allowed,
       sluice.destination_in_flight(c.shard, c.tenant_id, c.destination_id) AS in_flight,
       b.waiting, b.oldest_at AS oldest_waiting_at,
       (SELECT e.evidence FROM sluice.circuit_event e
        WHERE e.shard = c.shard AND e.tenant_id = c.tenant_id AND e.destination_id = c.destination_id
        ORDER BY e.at DESC LIMIT 1) AS evidence
FROM sluice.circuit c
JOIN sluice.destination d ON d.shard = c.shard AND d.tenant_id = c.tenant_id AND d.destination_id = c.destination_id
CROSS JOIN LATERAL sluice.backlog(c.shard, c.tenant_id, c.destination_id, 10001) b
WHERE c.shard = $1 AND c.tenant_id = $2 AND ($3::uuid IS NULL OR c.destination_id = $3)
ORDER BY d.name;

-- name: circuits.page
-- Circuits of a tenant by the names of their destinations, from one on, of those that begin with a prefix. What waits is
-- counted up to $6.
-- $1 shard int2
-- $2 tenant uuid
-- $3 from text
-- $4 prefix text
-- $5 limit int4
-- $6 count_to int8
-- > destination text
-- > mode text
-- > mode_until timestamptz
-- > mode_by text
-- > mode_reason text
-- > state text
-- > state_since timestamptz
-- > reason text
-- > epoch int8
-- > next_probe_at timestamptz
-- > throttled_until timestamptz
-- > deliveries_allowed int4
-- > in_flight int8
-- > waiting int8
-- > oldest_waiting_at timestamptz
-- > evidence jsonb
SELECT d.name AS destination, c.mode::text AS mode, c.mode_until, c.mode_by, c.mode_reason, c.state::text AS state, c.state_since,
       c.reason, c.epoch, c.probe_at AS next_probe_at, c.throttled_until,
       least(d.max_in_flight, c.ceiling, CASE WHEN c.mode = 'auto' THEN floor(c.dispatch_limit)::integer END) AS deliveries_allowed,
       sluice.destination_in_flight(c.shard, c.tenant_id, c.destination_id) AS in_flight,
       b.waiting, b.oldest_at AS oldest_waiting_at, NULL::jsonb AS evidence
FROM (SELECT d.shard, d.tenant_id, d.destination_id, d.name, d.max_in_flight FROM sluice.destination d
      WHERE d.shard = $1 AND d.tenant_id = $2 AND d.name >= $3 AND starts_with(d.name, $4) ORDER BY d.name LIMIT $5::integer) d
JOIN sluice.circuit c ON c.shard = d.shard AND c.tenant_id = d.tenant_id AND c.destination_id = d.destination_id
CROSS JOIN LATERAL sluice.backlog(c.shard, c.tenant_id, c.destination_id, $6) b
ORDER BY d.name;

-- name: circuits.attention
-- Circuits of a tenant that are not simply closed, the latest change first. What waits is counted up to $4.
-- $1 shard int2
-- $2 tenant uuid
-- $3 limit int4
-- $4 count_to int8
-- > destination text
-- > mode text
-- > mode_until timestamptz
-- > mode_by text
-- > mode_reason text
-- > state text
-- > state_since timestamptz
-- > reason text
-- > epoch int8
-- > next_probe_at timestamptz
-- > throttled_until timestamptz
-- > deliveries_allowed int4
-- > in_flight int8
-- > waiting int8
-- > oldest_waiting_at timestamptz
-- > evidence jsonb
SELECT d.name AS destination, c.mode::text AS mode, c.mode_until, c.mode_by, c.mode_reason, c.state::text AS state, c.state_since,
       c.reason, c.epoch, c.probe_at AS next_probe_at, c.throttled_until,
       least(d.max_in_flight, c.ceiling, CASE WHEN c.mode = 'auto' THEN floor(c.dispatch_limit)::integer END) AS deliveries_allowed,
       sluice.destination_in_flight(c.shard, c.tenant_id, c.destination_id) AS in_flight,
       b.waiting, b.oldest_at AS oldest_waiting_at, NULL::jsonb AS evidence
FROM (SELECT * FROM sluice.circuit c
      WHERE c.shard = $1 AND c.tenant_id = $2 AND (c.state <> 'closed' OR c.mode <> 'auto')
      ORDER BY c.state_since DESC LIMIT $3::integer) c
CROSS JOIN LATERAL (
    SELECT d.name, d.max_in_flight FROM sluice.destination d
    WHERE d.shard = c.shard AND d.tenant_id = c.tenant_id AND d.destination_id = c.destination_id LIMIT 1) d
CROSS JOIN LATERAL sluice.backlog(c.shard, c.tenant_id, c.destination_id, $4) b
ORDER BY c.state_since DESC;

-- name: circuits.events
-- The last events of a circuit, newest first.
-- $1 shard int2
-- $2 tenant uuid
-- $3 destination uuid
-- $4 limit int4
-- > at timestamptz
-- > epoch int8
-- > from_state text
-- > to_state text
-- > mode text
-- > reason text
-- > actor text
-- > evidence jsonb
SELECT e.at, e.epoch, e.from_state::text AS from_state, e.to_state::text AS to_state, e.mode::text AS mode, e.reason, e.actor, e.evidence
FROM sluice.circuit_event e WHERE e.shard = $1 AND e.tenant_id = $2 AND e.destination_id = $3
ORDER BY e.at DESC LIMIT $4::integer;

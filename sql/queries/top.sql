-- name: top.summary
-- One row. Counts that only grow are of the server's statistics, which lag by about a second: two readings give a rate.
-- A process has one session that listens.
-- > at timestamptz
-- > database text
-- > processes int8
-- > leader uuid
-- > waiting int8
-- > in_flight int8
-- > dead int8
-- > accepted int8
-- > attempts int8
-- > died int8
SELECT clock_timestamp() AS at, current_database()::text AS database,
       (SELECT count(*) FROM pg_stat_activity a WHERE a.datname = current_database() AND a.application_name = 'sluice/listen') AS processes,
       l.holder AS leader,
       coalesce(sum(s.n_live_tup) FILTER (WHERE s.relname = 'ready'), 0)::bigint AS waiting,
       (SELECT count(*) FROM sluice.in_flight) AS in_flight,
       coalesce(sum(s.n_live_tup) FILTER (WHERE s.relname = 'dead_letter'), 0)::bigint AS dead,
       coalesce(sum(s.n_tup_ins) FILTER (WHERE s.relname LIKE 'request\_2%'), 0)::bigint AS accepted,
       coalesce(sum(s.n_tup_ins) FILTER (WHERE s.relname LIKE 'attempt\_2%'), 0)::bigint AS attempts,
       coalesce(sum(s.n_tup_ins) FILTER (WHERE s.relname = 'dead_letter'), 0)::bigint AS died
FROM (SELECT) one
LEFT JOIN sluice.leadership l ON l.role = 'upkeep' AND l.lease_until > clock_timestamp()
LEFT JOIN pg_stat_user_tables s ON s.schemaname = 'sluice'
GROUP BY l.holder;

-- name: top.circuits
-- How many there are of each state. A mode that is not auto counts in place of the state.
-- > state text
-- > circuits int8
SELECT CASE c.mode WHEN 'auto' THEN c.state::text ELSE c.mode::text END AS state, count(*) AS circuits
FROM sluice.circuit c GROUP BY 1 ORDER BY 1;

-- name: top.destinations
-- Destinations with work: that wait, have attempts under way, or whose circuit is not closed. Lanes with a backlog are found
-- by as many steps in an index, in the order of their numbers; each is counted up to a bound. Outcomes are of the last minute.
-- $1 lanes int4
-- $2 counted int4
-- > tenant text
-- > destination text
-- > state text
-- > waiting int8
-- > is_more bool
-- > oldest_at timestamptz
-- > in_flight int8
-- > delivered int8
-- > failed int8
WITH RECURSIVE backlog AS (
    (SELECT w.shard, w.lane_id, w.due_at, 1 AS step FROM sluice.ready w ORDER BY w.shard, w.lane_id, w.due_at LIMIT 1)
    UNION ALL
    SELECT next.shard, next.lane_id, next.due_at, b.step + 1 FROM backlog b
    CROSS JOIN LATERAL (
        SELECT w.shard, w.lane_id, w.due_at FROM sluice.ready w WHERE (w.shard, w.lane_id) > (b.shard, b.lane_id)
        ORDER BY w.shard, w.lane_id, w.due_at LIMIT 1) next
    WHERE b.step < $1::integer),
waiting AS (
    SELECT b.shard, b.lane_id, b.due_at, w.waiting FROM backlog b
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting FROM (
            SELECT FROM sluice.ready w
            WHERE (w.shard, w.lane_id) >= (b.shard, b.lane_id) AND (w.shard, w.lane_id) <= (b.shard, b.lane_id)
            ORDER BY w.shard, w.lane_id, w.due_at LIMIT $2::integer + 1) first) w),
flying AS (SELECT f.shard, f.lane_id, count(*) AS in_flight FROM sluice.in_flight f GROUP BY 1, 2),
busy AS (
    SELECT l.shard, l.tenant_id, l.destination_id, sum(least(w.waiting, $2::integer))::bigint AS waiting, bool_or(w.waiting > $2::integer) AS is_more,
           min(w.due_at) AS oldest_at, sum(f.in_flight)::bigint AS in_flight
    FROM waiting w
    FULL JOIN flying f ON f.shard = w.shard AND f.lane_id = w.lane_id
    JOIN sluice.lane l ON l.shard = coalesce(w.shard, f.shard) AND l.lane_id = coalesce(w.lane_id, f.lane_id)
    GROUP BY 1, 2, 3
    UNION ALL
    (SELECT c.shard, c.tenant_id, c.destination_id, 0, false, NULL, 0 FROM sluice.circuit c
     WHERE c.state <> 'closed' OR c.mode <> 'auto' LIMIT $1::integer)),
rows AS (
    SELECT b.shard, b.tenant_id, b.destination_id, sum(coalesce(b.waiting, 0))::bigint AS waiting, bool_or(coalesce(b.is_more, false)) AS is_more,
           min(b.oldest_at) AS oldest_at, sum(coalesce(b.in_flight, 0))::bigint AS in_flight
    FROM busy b GROUP BY 1, 2, 3)
SELECT t.name AS tenant, d.name AS destination, CASE c.mode WHEN 'auto' THEN c.state::text ELSE c.mode::text END AS state,
       r.waiting, r.is_more, r.oldest_at, r.in_flight, coalesce(o.delivered, 0) AS delivered, coalesce(o.failed, 0) AS failed
FROM rows r
JOIN sluice.tenant t ON t.tenant_id = r.tenant_id
JOIN sluice.destination d ON d.shard = r.shard AND d.tenant_id = r.tenant_id AND d.destination_id = r.destination_id
JOIN sluice.circuit c ON c.shard = r.shard AND c.tenant_id = r.tenant_id AND c.destination_id = r.destination_id
CROSS JOIN LATERAL (
    SELECT sum(b.ok)::bigint AS delivered, sum(b.fail + b.server_errors + b.unresolved)::bigint AS failed FROM sluice.circuit_bucket b
    WHERE b.shard = r.shard AND b.tenant_id = r.tenant_id AND b.destination_id = r.destination_id
      AND b.bucket >= floor(extract(epoch FROM now()) / 5) - 12) o
ORDER BY r.waiting DESC, r.oldest_at, t.name, d.name;

-- name: statistics.record_traffic
-- Totals of the process's own rows, not additions: they may be written again.
-- $1 process uuid
-- $2 shards int2[]
-- $3 tenants uuid[]
-- $4 minutes timestamptz[]
-- $5 accepted int8[]
-- $6 delivered int8[]
-- $7 retried int8[]
-- $8 dead int8[]
-- $9 other int8[]
-- > recorded int4
SELECT sluice.record_traffic($1, $2, $3, $4, $5, $6, $7, $8, $9) AS recorded;

-- name: statistics.traffic
-- A row a minute, up to the one that runs.
-- $1 shard int2
-- $2 tenant uuid
-- $3 minutes int4
-- > minute timestamptz
-- > accepted int8
-- > delivered int8
-- > retried int8
-- > dead int8
-- > other int8
WITH counted AS (
    SELECT t.minute, sum(t.accepted)::bigint AS accepted, sum(t.delivered)::bigint AS delivered, sum(t.retried)::bigint AS retried,
           sum(t.dead)::bigint AS dead, sum(t.other)::bigint AS other
    FROM sluice.traffic t
    WHERE t.shard = $1 AND t.tenant_id = $2 AND t.minute > date_trunc('minute', now()) - make_interval(mins => $3::integer)
    GROUP BY t.minute)
SELECT m.minute, coalesce(c.accepted, 0) AS accepted, coalesce(c.delivered, 0) AS delivered, coalesce(c.retried, 0) AS retried,
       coalesce(c.dead, 0) AS dead, coalesce(c.other, 0) AS other
FROM generate_series(
    date_trunc('minute', now()) - make_interval(mins => $3::integer - 1), date_trunc('minute', now()), interval '1 minute') AS m (minute)
LEFT JOIN counted c ON c.minute = m.minute
ORDER BY m.minute;

-- name: statistics.traffic_of_all
-- The same over all tenants.
-- $1 minutes int4
-- > minute timestamptz
-- > accepted int8
-- > delivered int8
-- > retried int8
-- > dead int8
-- > other int8
WITH counted AS (
    SELECT t.minute, sum(t.accepted)::bigint AS accepted, sum(t.delivered)::bigint AS delivered, sum(t.retried)::bigint AS retried,
           sum(t.dead)::bigint AS dead, sum(t.other)::bigint AS other
    FROM sluice.traffic_total t
    WHERE t.minute > date_trunc('minute', now()) - make_interval(mins => $1::integer)
    GROUP BY t.minute)
SELECT m.minute, coalesce(c.accepted, 0) AS accepted, coalesce(c.delivered, 0) AS delivered, coalesce(c.retried, 0) AS retried,
       coalesce(c.dead, 0) AS dead, coalesce(c.other, 0) AS other
FROM generate_series(
    date_trunc('minute', now()) - make_interval(mins => $1::integer - 1), date_trunc('minute', now()), interval '1 minute') AS m (minute)
LEFT JOIN counted c ON c.minute = m.minute
ORDER BY m.minute;

-- name: statistics.depths
-- The largest backlog first.
-- $1 tenants int4
-- > tenant_id uuid
-- > shard int2
-- > name text
-- > taken_at timestamptz
-- > waiting int8
-- > held int8
-- > is_estimate bool
-- > in_flight int8
-- > dead int8
-- > oldest_due_at timestamptz
-- > destinations int8
-- > closed int8
-- > open int8
-- > half_open int8
-- > ramping int8
-- > paused int8
-- > forced int8
SELECT d.tenant_id, d.shard, t.name, d.taken_at, d.waiting, d.held, d.is_estimate, d.in_flight, d.dead, d.oldest_due_at, d.destinations,
       d.closed, d.open, d.half_open, d.ramping, d.paused, d.forced
FROM sluice.depth d
JOIN sluice.tenant t ON t.tenant_id = d.tenant_id
ORDER BY d.waiting DESC, t.name LIMIT $1::integer;

-- name: statistics.depth
-- $1 shard int2
-- $2 tenant uuid
-- > tenant_id uuid
-- > shard int2
-- > name text
-- > taken_at timestamptz
-- > waiting int8
-- > held int8
-- > is_estimate bool
-- > in_flight int8
-- > dead int8
-- > oldest_due_at timestamptz
-- > destinations int8
-- > closed int8
-- > open int8
-- > half_open int8
-- > ramping int8
-- > paused int8
-- > forced int8
SELECT d.tenant_id, d.shard, t.name, d.taken_at, d.waiting, d.held, d.is_estimate, d.in_flight, d.dead, d.oldest_due_at, d.destinations,
       d.closed, d.open, d.half_open, d.ramping, d.paused, d.forced
FROM sluice.depth d
JOIN sluice.tenant t ON t.tenant_id = d.tenant_id
WHERE d.shard = $1 AND d.tenant_id = $2;

-- name: statistics.totals
-- No row where there is no sample.
-- > taken_at timestamptz
-- > waiting int8
-- > held int8
-- > is_estimate bool
-- > in_flight int8
-- > dead int8
-- > oldest_due_at timestamptz
-- > destinations int8
-- > closed int8
-- > open int8
-- > half_open int8
-- > ramping int8
-- > paused int8
-- > forced int8
SELECT min(d.taken_at) AS taken_at, sum(d.waiting)::bigint AS waiting, sum(d.held)::bigint AS held, bool_or(d.is_estimate) AS is_estimate,
       sum(d.in_flight)::bigint AS in_flight, sum(d.dead)::bigint AS dead, min(d.oldest_due_at) AS oldest_due_at,
       sum(d.destinations)::bigint AS destinations, sum(d.closed)::bigint AS closed, sum(d.open)::bigint AS open,
       sum(d.half_open)::bigint AS half_open, sum(d.ramping)::bigint AS ramping, sum(d.paused)::bigint AS paused, sum(d.forced)::bigint AS forced
FROM sluice.depth d
HAVING count(*) > 0;

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

CREATE INDEX traffic_minute ON sluice.traffic (shard, minute);

CREATE TABLE sluice.traffic_total (
    minute    timestamptz NOT NULL CONSTRAINT minute_of_total_is_whole CHECK (extract(second FROM minute) = 0),
    process   uuid NOT NULL,
    accepted  bigint NOT NULL,
    delivered bigint NOT NULL,
    retried   bigint NOT NULL,
    dead      bigint NOT NULL,
    other     bigint NOT NULL,
    PRIMARY KEY (minute, process)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.traffic_total IS 'The same over all tenants, so that it can be told without reading the rows of each.';

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
COMMENT ON COLUMN sluice.depth.is_estimate IS 'There was more than could be counted of waiting, held or dead, and a part is what PostgreSQL''s statistics say.';
COMMENT ON COLUMN sluice.depth.in_flight IS 'Attempts under way.';
COMMENT ON COLUMN sluice.depth.dead IS 'Dead letters.';
COMMENT ON COLUMN sluice.depth.oldest_due_at IS 'When the first of what waits is, or was, due; exact. NULL: nothing waits.';
COMMENT ON COLUMN sluice.depth.closed IS 'Circuits in that state, as are the next three.';
COMMENT ON COLUMN sluice.depth.paused IS 'Circuits that an operator holds open.';
COMMENT ON COLUMN sluice.depth.forced IS 'Circuits that an operator keeps closed.';

CREATE FUNCTION sluice.record_traffic(
    p_process uuid, p_shards smallint[], p_tenants uuid[], p_minutes timestamptz[], p_accepted bigint[], p_delivered bigint[],
    p_retried bigint[], p_dead bigint[], p_other bigint[]
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_recorded integer;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO sluice.traffic_total (minute, process, accepted, delivered, retried, dead, other)
    SELECT n.minute, p_process, n.accepted, n.delivered, n.retried, n.dead, n.other
    FROM unnest(p_tenants, p_minutes, p_accepted, p_delivered, p_retried, p_dead, p_other)
         AS n (tenant_id, minute, accepted, delivered, retried, dead, other)
    WHERE n.tenant_id IS NULL
    ON CONFLICT ON CONSTRAINT traffic_total_pkey DO UPDATE
        SET accepted = EXCLUDED.accepted, delivered = EXCLUDED.delivered, retried = EXCLUDED.retried, dead = EXCLUDED.dead,
            other = EXCLUDED.other;
    INSERT INTO sluice.traffic AS t (shard, tenant_id, minute, process, accepted, delivered, retried, dead, other)
    SELECT n.shard, n.tenant_id, n.minute, p_process, n.accepted, n.delivered, n.retried, n.dead, n.other
    FROM unnest(p_shards, p_tenants, p_minutes, p_accepted, p_delivered, p_retried, p_dead, p_other)
         AS n (shard, tenant_id, minute, accepted, delivered, retried, dead, other)
    -- A tenant that was deleted meanwhile leaves no rows behind.
    JOIN sluice.tenant o ON o.tenant_id = n.tenant_id AND o.state <> 'deleting'
    ON CONFLICT ON CONSTRAINT traffic_pkey DO UPDATE
        SET accepted = EXCLUDED.accepted, delivered = EXCLUDED.delivered, retried = EXCLUDED.retried, dead = EXCLUDED.dead,
            other = EXCLUDED.other;
    GET DIAGNOSTICS v_recorded = ROW_COUNT;
    RETURN v_recorded;
END $$;

COMMENT ON FUNCTION sluice.record_traffic IS 'Writes a process''s counts of minutes, whole and not as additions: to write them twice does no harm. Without a tenant: over all of them. Its commit is not flushed. Returns the rows of tenants.';

CREATE FUNCTION sluice.forget_traffic(p_shards smallint[], p_before interval, p_rows integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_before  timestamptz := clock_timestamp() - p_before;
    v_deleted integer;
BEGIN
    DELETE FROM sluice.traffic_total t WHERE t.minute < v_before;
    WITH old AS MATERIALIZED (
        SELECT t.shard, t.tenant_id, t.minute, t.process FROM sluice.traffic t
        WHERE t.shard = ANY (p_shards) AND t.minute < v_before LIMIT p_rows)
    DELETE FROM sluice.traffic t USING old
    WHERE t.shard = old.shard AND t.tenant_id = old.tenant_id AND t.minute = old.minute AND t.process = old.process;
    GET DIAGNOSTICS v_deleted = ROW_COUNT;
    RETURN v_deleted;
END $$;

COMMENT ON FUNCTION sluice.forget_traffic IS 'Forgets minutes that are older, of tenants up to p_rows rows; returns how many.';

CREATE FUNCTION sluice.likely_rows(p_table name, p_column name, p_values text[]) RETURNS TABLE (value text, rows bigint)
LANGUAGE sql STABLE ROWS 1000 AS $$
    WITH known AS (
        SELECT s.most_common_vals::text::text[] AS common, s.most_common_freqs AS shares, 1 - s.null_frac - covered.share AS other_share,
               CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * c.reltuples ELSE s.n_distinct END - covered.values AS others,
               c.reltuples * pg_relation_size(c.oid) / current_setting('block_size')::integer / c.relpages AS rows
        FROM pg_catalog.pg_stats s
        JOIN pg_catalog.pg_class c ON c.relname = s.tablename AND c.relnamespace = 'sluice'::regnamespace AND c.relpages > 0
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(f.share), 0) AS share, count(*) AS values FROM unnest(s.most_common_freqs) AS f (share)) covered
        WHERE s.schemaname = 'sluice' AND s.tablename = p_table AND s.attname = p_column),
    asked AS (
        SELECT a.value, common.share FROM unnest(p_values) AS a (value)
        LEFT JOIN (SELECT c.* FROM known k CROSS JOIN unnest(k.common, k.shares) AS c (value, share)) common ON common.value = a.value)
    -- A guess of how many values there are is too low where there are many: those that were asked for are there.
    SELECT a.value, (k.rows * coalesce(a.share, greatest(0, k.other_share) / greatest(
        k.others, count(*) FILTER (WHERE a.share IS NULL) OVER (), 1)))::bigint
    FROM known k CROSS JOIN asked a
$$;

COMMENT ON FUNCTION sluice.likely_rows IS 'How many rows of a table have each of these values in a column, which are different and are there, by PostgreSQL''s statistics and the size that the table has now. No row: it knows nothing. The statistics are the owner''s to read.';

CREATE FUNCTION sluice.count_waiting(
    p_shard smallint, p_lanes bigint[], p_held boolean[], p_until timestamptz, OUT waiting bigint, OUT held bigint, OUT is_estimate boolean,
    OUT in_flight bigint, OUT oldest_due_at timestamptz
) LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_variable
DECLARE
    v_first integer := 1;
    v_last  integer;
    v_limit integer;
    v_step  record;
    v_lanes text[] := '{}';
    v_held  boolean[] := '{}';
    v_least bigint[] := '{}';
BEGIN
    waiting := 0;
    held := 0;
    in_flight := 0;
    WHILE v_first <= cardinality(p_lanes) LOOP
        -- A step takes at most about 15 ms, and half a second after a burst that was not vacuumed yet. When the time is over,
        -- the rest is looked into only.
        IF clock_timestamp() < p_until THEN
            v_last := least(v_first + 9, cardinality(p_lanes));
            v_limit := 100000 / (v_last - v_first + 1);
        ELSE
            v_last := cardinality(p_lanes);
            v_limit := 1;
        END IF;
        SELECT coalesce(sum(w.rows) FILTER (WHERE w.rows < v_limit), 0) AS waiting,
               coalesce(sum(w.rows) FILTER (WHERE w.rows < v_limit AND l.is_held), 0) AS held,
               array_agg(l.lane_id::text) FILTER (WHERE w.rows = v_limit) AS lanes,
               array_agg(l.is_held) FILTER (WHERE w.rows = v_limit) AS are_held,
               array_agg(w.rows) FILTER (WHERE w.rows = v_limit) AS least,
               min(w.oldest_due_at) AS oldest_due_at, sum(f.rows) AS in_flight
        INTO v_step
        FROM unnest(p_lanes[v_first:v_last], p_held[v_first:v_last]) AS l (lane_id, is_held)
        CROSS JOIN LATERAL (
            SELECT count(*) AS rows, min(first.due_at) AS oldest_due_at FROM (
                SELECT w.due_at FROM sluice.ready w WHERE w.shard = p_shard AND w.lane_id = l.lane_id ORDER BY w.due_at LIMIT v_limit) first) w
        CROSS JOIN LATERAL (
            SELECT count(*) AS rows FROM sluice.in_flight f WHERE f.shard = p_shard AND f.lane_id = l.lane_id) f;
        waiting := waiting + v_step.waiting;
        held := held + v_step.held;
        in_flight := in_flight + v_step.in_flight;
        oldest_due_at := least(oldest_due_at, v_step.oldest_due_at);
        v_lanes := v_lanes || v_step.lanes;
        v_held := v_held || v_step.are_held;
        v_least := v_least || v_step.least;
        v_first := v_last + 1;
    END LOOP;
    is_estimate := v_lanes <> '{}';
    IF is_estimate THEN
        SELECT waiting + sum(many.rows), held + coalesce(sum(many.rows) FILTER (WHERE many.is_held), 0) INTO waiting, held FROM (
            SELECT l.is_held, greatest(l.least, e.rows) AS rows FROM unnest(v_lanes, v_held, v_least) AS l (lane, is_held, least)
            LEFT JOIN sluice.likely_rows('ready', 'lane_id', v_lanes) e ON e.value = l.lane) many;
    END IF;
END $$;

COMMENT ON FUNCTION sluice.count_waiting IS 'Counts what waits in lanes, up to 10,000 in each (100,000 if there is one) and no longer than p_until; what is in lanes that have more, or whose turn had not come then, is an estimate. When the first is due is exact.';

CREATE FUNCTION sluice.take_depth(p_owner sluice.tenant, p_budget interval) RETURNS sluice.depth LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_now   timestamptz := clock_timestamp();
    v_shard smallint := p_owner.shard;
    v_depth sluice.depth;
    v_lanes bigint[];
    v_held  boolean[];
BEGIN
    v_depth.shard := v_shard;
    v_depth.tenant_id := p_owner.tenant_id;
    v_depth.taken_at := v_now;
    SELECT array_agg(l.lane_id ORDER BY l.lane_id), array_agg(l.gate = 'hold' ORDER BY l.lane_id) INTO v_lanes, v_held
    FROM sluice.lane l WHERE l.shard = v_shard AND l.tenant_id = p_owner.tenant_id;
    SELECT w.waiting, w.held, w.is_estimate, w.in_flight, w.oldest_due_at
    INTO v_depth.waiting, v_depth.held, v_depth.is_estimate, v_depth.in_flight, v_depth.oldest_due_at
    FROM sluice.count_waiting(v_shard, v_lanes, v_held, v_now + p_budget) w;
    SELECT count(*), count(*) FILTER (WHERE c.state = 'closed'), count(*) FILTER (WHERE c.state = 'open'),
           count(*) FILTER (WHERE c.state = 'half_open'), count(*) FILTER (WHERE c.state = 'ramping'),
           count(*) FILTER (WHERE c.mode = 'forced_open'), count(*) FILTER (WHERE c.mode = 'forced_closed')
    INTO v_depth.destinations, v_depth.closed, v_depth.open, v_depth.half_open, v_depth.ramping, v_depth.paused, v_depth.forced
    FROM sluice.circuit c WHERE c.shard = v_shard AND c.tenant_id = p_owner.tenant_id;
    SELECT count(*) INTO v_depth.dead FROM (
        SELECT FROM sluice.dead_letter x WHERE x.shard = v_shard AND x.tenant_id = p_owner.tenant_id LIMIT 10000) first;
    IF v_depth.dead = 10000 THEN
        v_depth.is_estimate := true;
        SELECT greatest(v_depth.dead, max(e.rows)) INTO v_depth.dead
        FROM sluice.likely_rows('dead_letter', 'tenant_id', ARRAY[p_owner.tenant_id::text]) e;
    END IF;
    RETURN v_depth;
END $$;

COMMENT ON FUNCTION sluice.take_depth IS 'A sample of a tenant: p_budget is spent on counting, and then a look into each lane that is left.';

CREATE FUNCTION sluice.sample_depths(p_shards smallint[], p_budget interval) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_turn    record;
    v_samples sluice.depth[] := '{}';
    v_taken   integer;
BEGIN
    FOR v_turn IN
        -- Who waited long has been held up by much work: then each tenant has a part of the time, and all have their turn soon.
        SELECT t AS tenant, CASE WHEN d.taken_at > v_now - interval '1 minute' THEN p_budget ELSE p_budget / 30 END AS budget
        FROM sluice.tenant t LEFT JOIN sluice.depth d ON d.shard = t.shard AND d.tenant_id = t.tenant_id
        WHERE t.shard = ANY (p_shards) AND t.state <> 'deleting' ORDER BY d.taken_at NULLS FIRST, t.tenant_id
    LOOP
        v_samples := v_samples || sluice.take_depth(v_turn.tenant, v_turn.budget);
        EXIT WHEN clock_timestamp() >= v_now + p_budget;
    END LOOP;
    INSERT INTO sluice.depth SELECT s.* FROM unnest(v_samples) s
    JOIN sluice.tenant t ON t.shard = s.shard AND t.tenant_id = s.tenant_id AND t.state <> 'deleting'
    ON CONFLICT ON CONSTRAINT depth_pkey DO UPDATE SET
        taken_at = EXCLUDED.taken_at, waiting = EXCLUDED.waiting, held = EXCLUDED.held, is_estimate = EXCLUDED.is_estimate,
        in_flight = EXCLUDED.in_flight, dead = EXCLUDED.dead, oldest_due_at = EXCLUDED.oldest_due_at, destinations = EXCLUDED.destinations,
        closed = EXCLUDED.closed, open = EXCLUDED.open, half_open = EXCLUDED.half_open, ramping = EXCLUDED.ramping,
        paused = EXCLUDED.paused, forced = EXCLUDED.forced;
    GET DIAGNOSTICS v_taken = ROW_COUNT;
    RETURN v_taken;
END $$;

COMMENT ON FUNCTION sluice.sample_depths IS 'Samples tenants, the oldest sample first, until the budget is spent; the others have their turn next. A tenant has all of the budget, or a thirtieth where it has no sample or one of more than a minute ago. Only at the end it writes, and until then has no transaction id and locks no row. It has the owner''s rights, for the statistics. Returns how many were sampled.';

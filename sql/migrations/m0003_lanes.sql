-- Arming, claiming and reporting. Each function is one unit of work: one statement, one transaction. The functions that
-- lock and then look are VOLATILE, so that each statement inside takes a new snapshot: locking and looking in one
-- statement would read state from before the lock.
--
-- Arming and claiming commit without waiting for the disk (synchronous_commit is set for the transaction, in the body:
-- a SET clause would be undone before the commit). A crash of the server undoes them, and costs a reconciliation or a
-- duplicate, not a request.
--
-- Plans are pinned: these statements must walk indexes whatever the statistics of tables that are empty at one moment
-- and hold a million rows at the next.

CREATE FUNCTION sluice.runnable_at(p_shard smallint, p_lane bigint) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_lane   sluice.lane;
    v_due    timestamptz;
    v_flying bigint;
BEGIN
    SELECT w.due_at INTO v_due FROM sluice.ready w
    WHERE w.shard = p_shard AND w.lane_id = p_lane ORDER BY w.due_at LIMIT 1;
    IF NOT FOUND THEN RETURN NULL; END IF;
    SELECT * INTO v_lane FROM sluice.lane l WHERE l.shard = p_shard AND l.lane_id = p_lane;
    SELECT count(*) INTO v_flying FROM sluice.in_flight f WHERE f.shard = p_shard AND f.lane_id = p_lane;
    IF v_flying >= least(v_lane.max_in_flight, v_lane.dispatch_limit) THEN RETURN NULL; END IF;
    v_due := greatest(v_due, v_lane.throttled_until);
    IF v_lane.rate_per_second IS NULL THEN RETURN v_due; END IF;
    RETURN greatest(v_due, v_lane.tokens_at + make_interval(secs => (1 - v_lane.tokens) / v_lane.rate_per_second));
END $$;

COMMENT ON FUNCTION sluice.runnable_at IS 'The earliest time at which a claim could take something from the lane, by its backlog, limits, pause and rate, whatever its gate; NULL while it is empty or full.';

CREATE FUNCTION sluice.arm(p_shards smallint[], p_lanes bigint[]) RETURNS integer
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE
    v_shards smallint[];
    v_lanes  bigint[];
    v_armed  smallint[];
    v_now    timestamptz;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT array_agg(s.shard), array_agg(s.lane_id) INTO v_shards, v_lanes FROM (
        SELECT l.shard, l.lane_id
        FROM unnest(p_shards, p_lanes) AS asked (shard, lane_id)
        JOIN sluice.lane l ON l.shard = asked.shard AND l.lane_id = asked.lane_id
        -- An empty lane is not locked: a claim would skip it. Whatever is committed after this look is armed after its commit.
        -- A held lane costs its tenant's ingest nothing; who opens its gate arms it.
        WHERE NOT l.armed AND l.gate = 'pass' AND EXISTS (SELECT FROM sluice.ready w WHERE w.shard = l.shard AND w.lane_id = l.lane_id)
        ORDER BY l.shard, l.lane_id
        FOR NO KEY UPDATE OF l) s;
    IF v_lanes IS NULL THEN RETURN 0; END IF;

    v_now := clock_timestamp();
    WITH idle AS MATERIALIZED (
        SELECT i.shard, i.lane_id, sluice.runnable_at(i.shard, i.lane_id) AS runnable_at
        FROM unnest(v_shards, v_lanes) AS i (shard, lane_id)),
    changed AS (
        UPDATE sluice.lane l
        SET armed = coalesce(idle.runnable_at <= v_now, false),
            next_due_at = CASE WHEN idle.runnable_at > v_now THEN idle.runnable_at END,
            -- On a quiet shard the busiest lane is the clock: who was idle must not have all turns until it catches up.
            vtime = CASE WHEN idle.runnable_at <= v_now THEN greatest(l.vtime, coalesce(
                        (SELECT min(other.vtime) FROM sluice.lane other
                         WHERE other.shard = l.shard AND other.armed AND other.gate = 'pass'),
                        (SELECT max(other.vtime) FROM sluice.lane other WHERE other.shard = l.shard))) ELSE l.vtime END
        FROM idle
        WHERE l.shard = idle.shard AND l.lane_id = idle.lane_id
          AND (idle.runnable_at <= v_now OR idle.runnable_at IS DISTINCT FROM l.next_due_at)
        RETURNING l.shard, l.armed AND l.gate = 'pass' AS is_runnable)
    SELECT array_agg(DISTINCT changed.shard) INTO v_armed FROM changed WHERE changed.is_runnable;
    IF v_armed IS NULL THEN RETURN 0; END IF;
    PERFORM pg_notify('sluice_work', array_to_string(v_armed, ','));
    RETURN cardinality(v_armed);
END $$;

COMMENT ON FUNCTION sluice.arm IS 'Called after the commit of whatever may have made lanes runnable. Looks at those that are not armed, arms the runnable ones and announces their shards. A busy lane costs no write and no lock. Its commit is not flushed: after a crash, reconciliation arms again.';

CREATE FUNCTION sluice.arm_due(p_shards smallint[], p_lanes integer) RETURNS smallint[]
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    v_now      timestamptz := clock_timestamp();
    v_shards   smallint[];
    v_lanes    bigint[];
    v_runnable smallint[];
BEGIN
    SELECT array_agg(due.shard), array_agg(due.lane_id) INTO v_shards, v_lanes FROM (
        SELECT l.shard, l.lane_id FROM sluice.lane l
        WHERE l.shard = ANY (p_shards) AND NOT l.armed AND l.gate = 'pass' AND l.next_due_at <= v_now LIMIT p_lanes) due;
    IF v_lanes IS NOT NULL THEN PERFORM sluice.arm(v_shards, v_lanes); END IF;
    SELECT array_agg(DISTINCT l.shard) INTO v_runnable FROM sluice.lane l
    WHERE l.shard = ANY (p_shards) AND l.armed AND l.gate = 'pass';
    RETURN coalesce(v_runnable, '{}');
END $$;

COMMENT ON FUNCTION sluice.arm_due IS 'The timer of scheduled work: arms lanes whose next_due_at has come, and returns the shards that have a runnable lane.';

CREATE FUNCTION sluice.reconcile(p_shards smallint[]) RETURNS integer
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE
    v_shards smallint[];
    v_lanes  bigint[];
BEGIN
    WITH RECURSIVE backlog AS (
        SELECT first.shard, first.lane_id
        FROM unnest(p_shards) AS asked (shard)
        CROSS JOIN LATERAL (
            SELECT w.shard, w.lane_id FROM sluice.ready w WHERE w.shard = asked.shard
            ORDER BY w.shard, w.lane_id LIMIT 1) first
        UNION ALL
        SELECT following.shard, following.lane_id
        FROM backlog b
        CROSS JOIN LATERAL (
            SELECT w.shard, w.lane_id FROM sluice.ready w WHERE w.shard = b.shard AND w.lane_id > b.lane_id
            ORDER BY w.shard, w.lane_id LIMIT 1) following)
    SELECT array_agg(l.shard), array_agg(l.lane_id) INTO v_shards, v_lanes
    FROM backlog b JOIN sluice.lane l ON l.shard = b.shard AND l.lane_id = b.lane_id
    WHERE NOT l.armed AND l.gate = 'pass';
    IF v_lanes IS NULL THEN RETURN 0; END IF;
    RETURN sluice.arm(v_shards, v_lanes);
END $$;

COMMENT ON FUNCTION sluice.reconcile IS 'Arms every lane that is runnable but not armed, by a loose scan over the lanes that have a backlog. Mends what a crash between a commit and its arm left behind.';

CREATE FUNCTION sluice.claim(
    p_shard smallint, p_worker uuid, p_token bigint, p_lanes integer, p_rows integer, p_bytes bigint, p_quantum integer
) RETURNS TABLE (
    lane_id bigint, tenant_id uuid, request_id uuid, attempt smallint, is_expired boolean,
    method text, path text, query text, headers text, body bytea, epoch bigint)
LANGUAGE plpgsql ROWS 100 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
    v_lanes    bigint[];
    v_now      timestamptz;
    v_tenants  uuid[];
    v_from     bigint[];
    v_requests uuid[];
    v_attempts smallint[];
    v_epochs   bigint[];
    v_first    uuid;
    v_last     uuid;
    v_is_cut   boolean;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT array_agg(s.lane_id) INTO v_lanes FROM (
        SELECT l.lane_id FROM sluice.lane l
        WHERE l.shard = p_shard AND l.armed AND l.gate = 'pass'
        ORDER BY l.vtime LIMIT p_lanes
        FOR NO KEY UPDATE SKIP LOCKED) s;
    IF v_lanes IS NULL THEN RETURN; END IF;

    v_now := clock_timestamp();
    WITH room AS MATERIALIZED (
        SELECT l.lane_id, l.tenant_id, l.lease, l.epoch, CASE WHEN l.throttled_until > v_now THEN 0 ELSE least(
                   p_quantum,
                   least(l.max_in_flight, l.dispatch_limit) - (SELECT count(*) FROM sluice.in_flight f WHERE f.shard = p_shard AND f.lane_id = l.lane_id),
                   CASE WHEN l.rate_per_second IS NOT NULL THEN
                       floor(least(l.rate_burst, l.tokens + l.rate_per_second * extract(epoch FROM v_now - l.tokens_at))) END
               ) END::bigint AS rows
        FROM unnest(v_lanes) WITH ORDINALITY AS locked (lane_id, place)
        JOIN sluice.lane l ON l.shard = p_shard AND l.lane_id = locked.lane_id
        ORDER BY locked.place),
    taken AS MATERIALIZED (
        SELECT * FROM (
            SELECT room.lane_id, room.tenant_id, room.lease, room.epoch, w.place, w.due_at, w.request_id, w.attempts, w.bytes,
                   sum(w.bytes) OVER (ROWS UNBOUNDED PRECEDING) - w.bytes AS bytes_before
            FROM room
            CROSS JOIN LATERAL (
                SELECT w.ctid AS place, w.due_at, w.request_id, w.attempts, w.bytes FROM sluice.ready w
                WHERE w.shard = p_shard AND w.lane_id = room.lane_id AND w.due_at <= v_now
                ORDER BY w.due_at, w.request_id LIMIT greatest(room.rows, 0)) w
            LIMIT p_rows) w
        WHERE w.bytes_before < p_bytes),
    gone AS (
        -- By their places, which can't change under the lane's lock: their keys would be looked up once more.
        DELETE FROM sluice.ready w USING taken t WHERE w.shard = p_shard AND w.ctid = t.place),
    flying AS (
        INSERT INTO sluice.in_flight (shard, attempt, bytes, lane_id, due_at, claimed_at, lease_until, epoch, token, request_id, tenant_id, worker)
        SELECT p_shard, t.attempts + 1, t.bytes, t.lane_id, t.due_at, v_now, v_now + t.lease, t.epoch, p_token, t.request_id, t.tenant_id, p_worker
        FROM taken t)
    SELECT array_agg(t.tenant_id), array_agg(t.lane_id), array_agg(t.request_id), array_agg((t.attempts + 1)::smallint), array_agg(t.epoch),
           (SELECT first.request_id FROM taken first ORDER BY first.request_id LIMIT 1),
           (SELECT last.request_id FROM taken last ORDER BY last.request_id DESC LIMIT 1),
           count(*) >= p_rows OR coalesce(sum(t.bytes) >= p_bytes, false)
    INTO v_tenants, v_from, v_requests, v_attempts, v_epochs, v_first, v_last, v_is_cut
    FROM taken t;

    RETURN QUERY
    SELECT c.lane_id, c.tenant_id, c.request_id, c.attempt, coalesce(q.expires_at <= v_now, false), q.method, q.path, q.query, q.headers, q.body, c.epoch
    FROM unnest(v_from, v_tenants, v_requests, v_attempts, v_epochs) AS c (lane_id, tenant_id, request_id, attempt, epoch)
    -- The limit keeps the planner from walking the keys between v_first and v_last, which choose the partitions.
    CROSS JOIN LATERAL (
        SELECT * FROM sluice.request q
        WHERE q.shard = p_shard AND q.tenant_id = c.tenant_id AND q.request_id = c.request_id
          AND q.request_id BETWEEN v_first AND v_last
        LIMIT 1) q;

    RETURN QUERY
    WITH given AS (
        SELECT t.lane_id, count(*) AS rows FROM unnest(v_from) AS t (lane_id) GROUP BY t.lane_id),
    looked AS MATERIALIZED (
        SELECT i.lane_id, coalesce(g.rows, 0) AS rows,
               -- Not at lanes that will most likely give more: those that gave a whole quantum, and, where this claim had
               -- no room for more, the last that gave and those after it. A lane with a rate has its tokens counted below,
               -- so it is found empty by the next claim.
               CASE WHEN coalesce(g.rows, 0) < p_quantum
                         AND (NOT v_is_cut OR i.place < array_position(v_lanes, v_from[cardinality(v_from)]))
                    THEN coalesce(sluice.runnable_at(p_shard, i.lane_id), 'infinity') ELSE v_now END AS runnable_at
        FROM unnest(v_lanes) WITH ORDINALITY AS i (lane_id, place)
        LEFT JOIN given g ON g.lane_id = i.lane_id),
    changed AS (
        UPDATE sluice.lane l
        SET vtime = l.vtime + k.rows * (
                SELECT count(*) FROM sluice.lane other
                WHERE other.shard = p_shard AND other.tenant_id = l.tenant_id AND other.armed AND other.gate = 'pass') / l.weight,
            tokens = CASE WHEN l.rate_per_second IS NULL THEN l.tokens ELSE
                least(l.rate_burst, l.tokens + l.rate_per_second * extract(epoch FROM v_now - l.tokens_at)) - k.rows END,
            tokens_at = v_now,
            armed = k.runnable_at <= v_now,
            next_due_at = CASE WHEN k.runnable_at > v_now THEN nullif(k.runnable_at, 'infinity') END
        FROM looked k
        WHERE l.shard = p_shard AND l.lane_id = k.lane_id AND (k.rows > 0 OR k.runnable_at > v_now)
        RETURNING l.lane_id, l.tenant_id, l.armed)
    SELECT c.lane_id, c.tenant_id, NULL::uuid, 0::smallint, false, NULL::text, NULL::text, NULL::text, NULL::text, NULL::bytea, NULL::bigint
    FROM changed c WHERE NOT c.armed;
END $$;

COMMENT ON FUNCTION sluice.claim IS 'Claims due deliveries of one shard: locks the runnable lanes that have had least, takes within each lane''s quantum, limit and rate, moves rows from ready to in_flight, and returns them with their requests. Rows without a request name lanes that are now empty, full or out of tokens and are no longer armed: the caller must arm them once more, after this commit. The commit is not flushed: a crash of the server undoes a claim, at the cost of a duplicate.';

CREATE FUNCTION sluice.report(
    p_shards smallint[], p_lanes bigint[], p_requests uuid[], p_tokens bigint[], p_verdicts text[], p_classes text[],
    p_statuses smallint[], p_latencies bigint[], p_retries interval[], p_errors text[], p_heads text[], p_bodies bytea[],
    p_destinations uuid[], p_signals text[], p_slow boolean[]
) RETURNS integer[]
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE
    v_now      timestamptz := clock_timestamp();
    v_bucket   bigint := floor(extract(epoch FROM v_now) / 5);
    v_accepted integer[];
BEGIN
    WITH outcome AS MATERIALIZED (
        SELECT o.shard, o.lane_id, o.request_id, o.token, o.verdict::sluice.verdict AS verdict, o.class, o.status,
               o.latency_us, o.retry_in, o.error, o.head, o.body,
               o.destination_id, o.signal, o.is_slow, o.place::integer AS place
        FROM unnest(p_shards, p_lanes, p_requests, p_tokens, p_verdicts, p_classes, p_statuses, p_latencies, p_retries,
                    p_errors, p_heads, p_bodies, p_destinations, p_signals, p_slow) WITH ORDINALITY
          AS o (shard, lane_id, request_id, token, verdict, class, status, latency_us, retry_in, error, head, body,
                destination_id, signal, is_slow, place)),
    held AS (
        DELETE FROM sluice.in_flight f USING outcome o
        WHERE f.shard = o.shard AND f.lane_id = o.lane_id AND f.request_id = o.request_id AND f.token = o.token
        RETURNING o.*, f.attempt, f.bytes, f.due_at, f.tenant_id, f.worker, f.epoch,
                  -- The destination was too busy to try: that is no attempt of the delivery.
                  CASE WHEN o.verdict = 'retry' AND o.class <> 'throttled' THEN f.attempt ELSE f.attempt - 1 END AS spent),
    logged AS (
        INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, status, verdict, class,
                                    latency_us, next_due_at, worker, error, response_head, response_body)
        SELECT h.shard, h.tenant_id, h.request_id, h.lane_id, v_now, h.attempt, h.status, h.verdict, h.class,
               h.latency_us, CASE h.verdict WHEN 'retry' THEN v_now + h.retry_in END, h.worker, h.error, h.head, h.body
        FROM held h WHERE h.verdict <> 'returned'),
    waiting AS (
        INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id)
        SELECT h.shard, h.spent, h.bytes, h.lane_id,
               CASE h.verdict WHEN 'retry' THEN v_now + h.retry_in ELSE h.due_at END, h.request_id
        FROM held h WHERE h.verdict IN ('retry', 'returned')),
    dead AS (
        INSERT INTO sluice.dead_letter (shard, attempts, bytes, lane_id, dead_at, tenant_id, request_id, class)
        SELECT h.shard, h.attempt, h.bytes, h.lane_id, v_now, h.tenant_id, h.request_id, h.class
        FROM held h WHERE h.verdict = 'dead'),
    counted AS (
        INSERT INTO sluice.circuit_bucket AS b (shard, tenant_id, destination_id, worker, slot, bucket, epoch, ok, fail, lasting,
                                                server_errors, distinct_requests, unresolved, slow, pushback, rtt_us)
        SELECT c.shard, c.tenant_id, c.destination_id, c.worker, v_bucket % 13, v_bucket, c.epoch, c.ok, c.fail, c.lasting,
               c.server_errors, c.distinct_requests, c.unresolved, c.slow, c.pushback, c.rtt_us
        FROM (
            SELECT h.shard, h.lane_id, h.tenant_id, h.destination_id, h.worker, h.epoch,
                   count(*) FILTER (WHERE h.signal = 'ok') AS ok,
                   count(*) FILTER (WHERE h.signal IN ('fail', 'lasting')) AS fail,
                   count(*) FILTER (WHERE h.signal = 'lasting') AS lasting,
                   count(*) FILTER (WHERE h.signal = 'server_error') AS server_errors,
                   count(*) FILTER (WHERE h.signal = 'server_error' AND NOT EXISTS (
                       SELECT FROM sluice.attempt a
                       WHERE a.shard = h.shard AND a.tenant_id = h.tenant_id AND a.request_id = h.request_id AND a.lane_id = h.lane_id
                         AND a.finished_at > v_now - interval '1 minute' AND a.class = 'server_error')) AS distinct_requests,
                   count(*) FILTER (WHERE h.signal = 'unresolved') AS unresolved,
                   count(*) FILTER (WHERE h.is_slow) AS slow,
                   count(*) FILTER (WHERE h.signal = 'pushback') AS pushback, sum(h.latency_us) AS rtt_us
            FROM held h
            WHERE h.signal <> 'ignored' AND h.destination_id IS NOT NULL
            GROUP BY h.shard, h.lane_id, h.tenant_id, h.destination_id, h.worker, h.epoch) c
        JOIN sluice.lane l ON l.shard = c.shard AND l.lane_id = c.lane_id AND l.epoch = c.epoch
        ORDER BY c.shard, c.tenant_id, c.destination_id
        ON CONFLICT (shard, tenant_id, destination_id, worker, slot) DO UPDATE SET
            bucket = EXCLUDED.bucket, epoch = EXCLUDED.epoch,
            ok = EXCLUDED.ok + b.ok * (b.bucket = EXCLUDED.bucket AND b.epoch = EXCLUDED.epoch)::integer,
            fail = EXCLUDED.fail + b.fail * (b.bucket = EXCLUDED.bucket AND b.epoch = EXCLUDED.epoch)::integer,
            lasting = EXCLUDED.lasting + b.lasting * (b.bucket = EXCLUDED.bucket AND b.epoch = EXCLUDED.epoch)::integer,
            server_errors = EXCLUDED.server_errors + b.server_errors * (b.bucket = EXCLUDED.bucket AND b.epoch = EXCLUDED.epoch)::integer,
            distinct_requests = EXCLUDED.distinct_requests + b.distinct_requests * (b.bucket = EXCLUDED.bucket AND b.epoch = EXCLUDED.epoch)::integer,
            unresolved = EXCLUDED.unresolved + b.unresolved * (b.bucket = EXCLUDED.bucket AND b.epoch = EXCLUDED.epoch)::integer,
            slow = EXCLUDED.slow + b.slow * (b.bucket = EXCLUDED.bucket AND b.epoch = EXCLUDED.epoch)::integer,
            pushback = EXCLUDED.pushback + b.pushback * (b.bucket = EXCLUDED.bucket AND b.epoch = EXCLUDED.epoch)::integer,
            rtt_us = EXCLUDED.rtt_us + b.rtt_us * (b.bucket = EXCLUDED.bucket AND b.epoch = EXCLUDED.epoch)::integer)
    SELECT array_agg(h.place) INTO v_accepted FROM held h;
    RETURN coalesce(v_accepted, '{}');
END $$;

COMMENT ON FUNCTION sluice.report IS 'Records the outcomes of attempts, in one transaction, and returns the places (from 1) of those that counted. The others'' tokens are no longer in in_flight: their leases were lost, and nothing changes. What the outcomes say of the destinations (ok, fail, lasting, server_error, unresolved, pushback or ignored) is counted in this worker''s buckets of the circuit''s present epoch. The caller arms the lanes after the commit.';

CREATE FUNCTION sluice.rescue(p_shards smallint[], p_rows integer) RETURNS TABLE (shard smallint, lane_id bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    RETURN QUERY
    WITH expired AS MATERIALIZED (
        SELECT f.shard, f.lane_id, f.request_id, f.token FROM sluice.in_flight f
        WHERE f.shard = ANY (p_shards) AND f.lease_until < v_now
        LIMIT p_rows FOR UPDATE SKIP LOCKED),
    lost AS (
        DELETE FROM sluice.in_flight f USING expired e
        WHERE f.shard = e.shard AND f.lane_id = e.lane_id AND f.request_id = e.request_id AND f.token = e.token
        RETURNING f.*),
    logged AS (
        INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, verdict, class, latency_us,
                                    next_due_at, worker, error)
        SELECT l.shard, l.tenant_id, l.request_id, l.lane_id, v_now, l.attempt, 'retry', 'lost',
               (extract(epoch FROM v_now - l.claimed_at) * 1000000)::bigint, v_now, l.worker, 'the worker''s lease ended without a report'
        FROM lost l),
    waiting AS (
        INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id)
        SELECT l.shard, l.attempt, l.bytes, l.lane_id, v_now, l.request_id FROM lost l)
    SELECT l.shard, l.lane_id FROM lost l;
END $$;

COMMENT ON FUNCTION sluice.rescue IS 'Puts deliveries whose lease is over back into ready, their attempt counted as lost, and names their lanes, one row a delivery. The caller arms the lanes after the commit.';

-- The end of attempts: reports of their outcomes, fenced by the claim's token, and the rescue of those whose worker died.

CREATE FUNCTION sluice.report(
    p_shards smallint[], p_lanes bigint[], p_requests uuid[], p_tokens bigint[], p_verdicts text[], p_classes text[],
    p_statuses smallint[], p_latencies bigint[], p_retries interval[], p_errors text[], p_heads text[], p_bodies bytea[],
    p_destinations uuid[], p_signals text[], p_slow boolean[], OUT accepted integer[], OUT awaited integer[]
)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE
    v_now     timestamptz;
    v_bucket  bigint;
    v_ordered bigint[];
BEGIN
    IF 'retry' = ANY (p_verdicts) THEN
        -- Before what is in flight, as a claim or a cancel locks them; in their order: no deadlock.
        SELECT array_agg(l.lane_id) INTO v_ordered FROM (
            SELECT l.lane_id FROM sluice.lane l
            WHERE l.is_ordered AND (l.shard, l.lane_id) IN (
                SELECT o.shard, o.lane_id FROM unnest(p_shards, p_lanes, p_verdicts) AS o (shard, lane_id, verdict) WHERE o.verdict = 'retry')
            ORDER BY l.shard, l.lane_id FOR NO KEY UPDATE OF l) l;
    END IF;
    v_now := clock_timestamp();
    v_bucket := floor(extract(epoch FROM v_now) / 5);
    WITH outcome AS MATERIALIZED (
        SELECT o.shard, o.lane_id, o.request_id, o.token, o.verdict::sluice.verdict AS told, o.class, o.status,
               o.latency_us, o.retry_in, o.error, o.head, o.body,
               o.destination_id, o.signal, o.is_slow, o.place::integer AS place
        FROM unnest(p_shards, p_lanes, p_requests, p_tokens, p_verdicts, p_classes, p_statuses, p_latencies, p_retries,
                    p_errors, p_heads, p_bodies, p_destinations, p_signals, p_slow) WITH ORDINALITY
          AS o (shard, lane_id, request_id, token, verdict, class, status, latency_us, retry_in, error, head, body,
                destination_id, signal, is_slow, place)),
    held AS (
        DELETE FROM sluice.in_flight f USING outcome o
        WHERE f.shard = o.shard AND f.lane_id = o.lane_id AND f.request_id = o.request_id AND f.token = o.token
        RETURNING o.*, coalesce(o.lane_id = ANY (v_ordered), false) AS keeps_place, f.attempt, f.bytes, f.due_at, f.tenant_id, f.worker, f.epoch, f.is_awaited,
                  CASE WHEN f.is_cancelled AND o.told IN ('retry', 'returned', 'dead') THEN 'cancelled' ELSE o.told END AS verdict,
                  -- The destination was too busy to try: that is no attempt of the delivery.
                  CASE WHEN o.told = 'retry' AND o.class <> 'throttled' THEN f.attempt ELSE f.attempt - 1 END AS spent),
    logged AS (
        INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, status, verdict, class,
                                    latency_us, next_due_at, worker, error, response_head, response_body)
        SELECT h.shard, h.tenant_id, h.request_id, h.lane_id, v_now, h.attempt, h.status, h.verdict, CASE h.told WHEN 'returned' THEN 'cancelled' ELSE h.class END,
               h.latency_us, CASE WHEN h.verdict = 'retry' THEN CASE WHEN h.keeps_place THEN h.due_at ELSE v_now + h.retry_in END END, h.worker, h.error, h.head, h.body
        FROM held h WHERE h.verdict <> 'returned'),
    waiting AS (
        INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id, is_awaited)
        SELECT h.shard, h.spent, h.bytes, h.lane_id,
               CASE WHEN h.verdict = 'retry' AND NOT h.keeps_place THEN v_now + h.retry_in ELSE h.due_at END, h.request_id, h.is_awaited
        FROM held h WHERE h.verdict IN ('retry', 'returned')),
    blocked AS (
        UPDATE sluice.lane l SET blocked_by = h.request_id, blocked_until = v_now + h.retry_in
        FROM held h WHERE h.keeps_place AND h.verdict = 'retry' AND l.shard = h.shard AND l.lane_id = h.lane_id),
    dead AS (
        INSERT INTO sluice.dead_letter (shard, attempts, bytes, lane_id, dead_at, tenant_id, request_id, class)
        SELECT h.shard, h.attempt, h.bytes, h.lane_id, v_now, h.tenant_id, h.request_id, h.class
        FROM held h WHERE h.verdict = 'dead'),
    counted AS (
        INSERT INTO sluice.circuit_bucket AS b (shard, tenant_id, destination_id, worker, slot, bucket, epoch, ok, fail, lasting,
                                                server_errors, distinct_requests, unresolved, slow, pushback, rtt_us)
        SELECT c.shard, c.tenant_id, c.destination_id, c.worker, v_bucket % 13, v_bucket, c.epoch, sum(c.ok), sum(c.fail), sum(c.lasting),
               sum(c.server_errors), sum(c.distinct_requests), sum(c.unresolved), sum(c.slow), sum(c.pushback), sum(c.rtt_us)
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
        GROUP BY c.shard, c.tenant_id, c.destination_id, c.worker, c.epoch
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
    SELECT coalesce(array_agg(h.place), '{}'),
           coalesce(array_agg(h.place) FILTER (WHERE h.is_awaited AND h.verdict NOT IN ('retry', 'returned')), '{}')
    INTO accepted, awaited FROM held h;
END $$;

COMMENT ON FUNCTION sluice.report IS 'Records the outcomes of attempts, in one transaction, and returns the places (from 1) of those that counted, and of those among them that ended a delivery whose outcome is awaited. The others'' tokens are no longer in in_flight: their leases were lost, and nothing changes. A cancelled delivery that was not delivered ends as cancelled. In an ordered lane a retry keeps its place, and the lane is blocked until it is due. What the outcomes say of the destinations (ok, fail, lasting, server_error, unresolved, pushback or ignored) is counted in this worker''s buckets of the circuit''s present epoch. The caller arms the lanes after the commit.';

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
    placed AS MATERIALIZED (
        SELECT l.*, CASE WHEN n.is_ordered THEN l.due_at ELSE v_now END AS next_due_at
        FROM lost l LEFT JOIN sluice.lane n ON n.shard = l.shard AND n.lane_id = l.lane_id),
    logged AS (
        INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, verdict, class, latency_us,
                                    next_due_at, worker, error)
        SELECT l.shard, l.tenant_id, l.request_id, l.lane_id, v_now, l.attempt,
               CASE WHEN l.is_cancelled THEN 'cancelled' ELSE 'retry' END::sluice.verdict, 'lost',
               (extract(epoch FROM v_now - l.claimed_at) * 1000000)::bigint, CASE WHEN NOT l.is_cancelled THEN l.next_due_at END, l.worker, 'the worker''s lease ended without a report'
        FROM placed l),
    waiting AS (
        INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id, is_awaited)
        SELECT l.shard, l.attempt, l.bytes, l.lane_id, l.next_due_at, l.request_id, l.is_awaited FROM placed l WHERE NOT l.is_cancelled)
    SELECT l.shard, l.lane_id FROM lost l;
END $$;

COMMENT ON FUNCTION sluice.rescue IS 'Puts deliveries whose lease is over back into ready, in ordered lanes in their places, their attempt counted as lost, or ends them where they are cancelled, and names their lanes, one row a delivery. The caller arms the lanes after the commit.';

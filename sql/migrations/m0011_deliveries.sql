-- Working with requests that are stored: lists, cancelling, expiring and replaying. Lists walk a key from a position on and
-- examine a bounded number of rows, whatever is stored and however seldom a filter matches.

CREATE FUNCTION sluice.tell_outcomes(p_requests uuid[]) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    -- A payload may have 8,000 bytes; an id has 36.
    FOR v_from IN 1..coalesce(cardinality(p_requests), 0) BY 200 LOOP
        PERFORM pg_notify('sluice_outcome', array_to_string(p_requests[v_from:v_from + 199], ','));
    END LOOP;
    RETURN coalesce(cardinality(p_requests), 0);
END $$;

COMMENT ON FUNCTION sluice.tell_outcomes IS 'Announces on the channel sluice_outcome that awaited deliveries of these requests have ended; returns how many.';

CREATE FUNCTION sluice.list_requests(
    p_shard smallint, p_tenant uuid, p_from uuid, p_before uuid, p_destination uuid, p_topic text, p_states text[], p_status smallint,
    p_class text, p_limit integer, p_examine integer
) RETURNS TABLE (
    request_id uuid, method text, path text, query text, topic text, bytes integer, received_at timestamptz, due_at timestamptz,
    expires_at timestamptz, destinations text[], states text[], attempts smallint[], last_attempt_ats timestamptz[], classes text[],
    statuses smallint[], is_unrouted boolean, examined_to uuid)
LANGUAGE plpgsql STABLE ROWS 50 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
    v_lanes      bigint[];
    v_is_filter  boolean := p_destination IS NOT NULL OR p_states IS NOT NULL OR p_status IS NOT NULL OR p_class IS NOT NULL;
    v_found      integer;
    v_last       uuid;
BEGIN
    IF p_destination IS NOT NULL THEN
        SELECT coalesce(array_agg(l.lane_id), '{}') INTO v_lanes FROM sluice.lane l
        WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND l.destination_id = p_destination;
    END IF;

    RETURN QUERY
    SELECT q.request_id, q.method, q.path, q.query, q.topic, octet_length(q.body), q.received_at, q.due_at, q.expires_at,
           d.destinations, d.states, d.attempts, d.last_attempt_ats, d.classes, d.statuses, q.lanes = '{}', NULL::uuid
    FROM (
        SELECT * FROM sluice.request q
        WHERE q.shard = p_shard AND q.tenant_id = p_tenant AND q.request_id >= p_from AND q.request_id < p_before
        ORDER BY q.request_id DESC LIMIT p_examine) q
    CROSS JOIN LATERAL (
        SELECT array_agg(n.name ORDER BY v.lane_id) AS destinations, array_agg(v.state ORDER BY v.lane_id) AS states,
               array_agg(v.attempts ORDER BY v.lane_id) AS attempts,
               array_agg(v.last_attempt_at ORDER BY v.lane_id) AS last_attempt_ats,
               array_agg(v.last_class ORDER BY v.lane_id) AS classes, array_agg(v.last_status ORDER BY v.lane_id) AS statuses,
               bool_or((v_lanes IS NULL OR v.lane_id = ANY (v_lanes))
                       AND (p_states IS NULL OR v.state = ANY (p_states))
                       AND (p_status IS NULL OR coalesce(v.last_status / 100, 0) = p_status)
                       AND (p_class IS NULL OR v.last_class = p_class)) AS is_match
        FROM sluice.delivery v
        JOIN sluice.destination n ON n.shard = v.shard AND n.tenant_id = v.tenant_id AND n.destination_id = v.destination_id
        WHERE v.shard = p_shard AND v.tenant_id = p_tenant AND v.request_id = q.request_id) d
    WHERE (p_topic IS NULL OR q.topic = p_topic) AND (v_lanes IS NULL OR q.lanes && v_lanes)
      AND (NOT v_is_filter OR d.is_match
           OR ('unrouted' = ANY (p_states) AND q.lanes = '{}' AND p_destination IS NULL AND p_status IS NULL AND p_class IS NULL))
    ORDER BY q.request_id DESC LIMIT p_limit;
    GET DIAGNOSTICS v_found = ROW_COUNT;
    IF v_found >= p_limit THEN RETURN; END IF;

    SELECT q.request_id INTO v_last FROM sluice.request q
    WHERE q.shard = p_shard AND q.tenant_id = p_tenant AND q.request_id >= p_from AND q.request_id < p_before
    ORDER BY q.request_id DESC OFFSET p_examine - 1 LIMIT 1;
    IF v_last IS NULL THEN RETURN; END IF;
    RETURN QUERY SELECT NULL::uuid, NULL::text, NULL::text, NULL::text, NULL::text, NULL::integer, NULL::timestamptz, NULL::timestamptz,
        NULL::timestamptz, NULL::text[], NULL::text[], NULL::smallint[], NULL::timestamptz[], NULL::text[], NULL::smallint[],
        NULL::boolean, v_last;
END $$;

COMMENT ON FUNCTION sluice.list_requests IS 'Up to p_limit requests of a tenant, newest first, from below p_before down to p_from, that have a delivery which fits all filters, or none and are asked for as unrouted. Examines up to p_examine; where that ended the search, a last row without a request says how far it came. p_status is the first digit of the last attempt''s status, 0 where no response came.';

CREATE FUNCTION sluice.list_dead_letters(
    p_shard smallint, p_tenant uuid, p_request uuid, p_lane bigint, p_destination uuid, p_class text, p_from timestamptz,
    p_before timestamptz, p_limit integer, p_examine integer
) RETURNS TABLE (
    request_id uuid, lane_id bigint, destination text, dead_at timestamptz, attempts smallint, class text, bytes integer,
    method text, path text, query text, received_at timestamptz, expires_at timestamptz, status smallint, error text,
    examined_request uuid, examined_lane bigint)
LANGUAGE plpgsql STABLE ROWS 50 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
    v_lanes bigint[];
    v_found integer;
BEGIN
    IF p_destination IS NOT NULL THEN
        SELECT coalesce(array_agg(l.lane_id), '{}') INTO v_lanes FROM sluice.lane l
        WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND l.destination_id = p_destination;
    END IF;

    RETURN QUERY
    SELECT d.request_id, d.lane_id, n.name, d.dead_at, d.attempts, d.class, d.bytes, q.method, q.path, q.query, q.received_at,
           q.expires_at, a.status, a.error, NULL::uuid, NULL::bigint
    FROM (
        SELECT * FROM sluice.dead_letter d
        WHERE d.shard = p_shard AND d.tenant_id = p_tenant AND (d.request_id, d.lane_id) < (p_request, p_lane)
        ORDER BY d.request_id DESC, d.lane_id DESC LIMIT p_examine) d
    JOIN sluice.lane l ON l.shard = p_shard AND l.lane_id = d.lane_id
    JOIN sluice.destination n ON n.shard = p_shard AND n.tenant_id = p_tenant AND n.destination_id = l.destination_id
    CROSS JOIN LATERAL (
        SELECT * FROM sluice.request q WHERE q.shard = p_shard AND q.tenant_id = p_tenant AND q.request_id = d.request_id LIMIT 1) q
    LEFT JOIN LATERAL (
        SELECT a.status, a.error FROM sluice.attempt a
        WHERE a.shard = p_shard AND a.tenant_id = p_tenant AND a.request_id = d.request_id AND a.lane_id = d.lane_id
        ORDER BY a.finished_at DESC LIMIT 1) a ON true
    WHERE (v_lanes IS NULL OR d.lane_id = ANY (v_lanes)) AND (p_class IS NULL OR d.class = p_class)
      AND (p_from IS NULL OR d.dead_at >= p_from) AND (p_before IS NULL OR d.dead_at < p_before)
    ORDER BY d.request_id DESC, d.lane_id DESC LIMIT p_limit;
    GET DIAGNOSTICS v_found = ROW_COUNT;
    IF v_found >= p_limit THEN RETURN; END IF;

    RETURN QUERY
    SELECT NULL::uuid, NULL::bigint, NULL::text, NULL::timestamptz, NULL::smallint, NULL::text, NULL::integer, NULL::text, NULL::text,
           NULL::text, NULL::timestamptz, NULL::timestamptz, NULL::smallint, NULL::text, d.request_id, d.lane_id
    FROM sluice.dead_letter d
    WHERE d.shard = p_shard AND d.tenant_id = p_tenant AND (d.request_id, d.lane_id) < (p_request, p_lane)
    ORDER BY d.request_id DESC, d.lane_id DESC OFFSET p_examine - 1 LIMIT 1;
END $$;

COMMENT ON FUNCTION sluice.list_dead_letters IS 'Up to p_limit dead letters of a tenant, those of the newest requests first, from below a position on. Examines up to p_examine, and says as list_requests does how far it came.';

CREATE FUNCTION sluice.cancel_request(
    p_shard smallint, p_tenant uuid, p_request uuid, p_actor text, OUT cancelled integer, OUT stopping integer
) LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_lanes      bigint[];
    v_now        timestamptz;
    v_is_awaited boolean;
BEGIN
    SELECT q.lanes INTO v_lanes FROM sluice.request q
    WHERE q.shard = p_shard AND q.tenant_id = p_tenant AND q.request_id = p_request;
    IF NOT FOUND THEN RETURN; END IF;
    PERFORM FROM sluice.lane l WHERE l.shard = p_shard AND l.lane_id = ANY (v_lanes) ORDER BY l.lane_id FOR NO KEY UPDATE;

    -- First what is in flight: a report that puts it back meanwhile is waited for, and found below.
    UPDATE sluice.in_flight f SET is_cancelled = true
    WHERE f.shard = p_shard AND f.lane_id = ANY (v_lanes) AND f.request_id = p_request;
    GET DIAGNOSTICS stopping = ROW_COUNT;

    v_now := clock_timestamp();
    WITH waiting AS MATERIALIZED (
        SELECT v.lane_id, v.due_at FROM sluice.delivery v
        WHERE v.shard = p_shard AND v.tenant_id = p_tenant AND v.request_id = p_request AND v.state IN ('waiting', 'scheduled', 'held')),
    gone AS (
        DELETE FROM sluice.ready w USING waiting v
        WHERE w.shard = p_shard AND w.lane_id = v.lane_id AND w.due_at = v.due_at AND w.request_id = p_request
        RETURNING w.lane_id, w.attempts, w.is_awaited),
    logged AS (
        INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, verdict, class, latency_us, worker, error)
        SELECT p_shard, p_tenant, p_request, g.lane_id, v_now, g.attempts, 'cancelled', 'cancelled', 0,
               '00000000-0000-0000-0000-000000000000', left('cancelled by ' || p_actor, 500)
        FROM gone g),
    unblocked AS (
        -- The timer arms it.
        UPDATE sluice.lane l
        SET blocked_by = NULL, blocked_until = NULL, next_due_at = CASE WHEN l.gate = 'pass' AND NOT l.armed THEN v_now ELSE l.next_due_at END
        FROM gone g WHERE l.shard = p_shard AND l.lane_id = g.lane_id AND l.blocked_by = p_request)
    SELECT count(*), bool_or(g.is_awaited) INTO cancelled, v_is_awaited FROM gone g;
    IF v_is_awaited THEN PERFORM sluice.tell_outcomes(ARRAY[p_request]); END IF;
END $$;

COMMENT ON FUNCTION sluice.cancel_request IS 'Cancels the deliveries of a request that wait, and says how many; and how many attempts are under way: these go on, and their deliveries are cancelled unless they deliver. NULLs: there is no such request.';

CREATE FUNCTION sluice.replay_request(
    p_shard smallint, p_tenant uuid, p_request uuid, p_destination uuid, p_new_lane bigint, p_actor text,
    OUT answer text, OUT lanes bigint[]
) LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_lanes   bigint[];
    v_topic   text;
    v_expires timestamptz;
    v_bytes   integer;
    v_now     timestamptz;
    v_added   bigint[] := '{}';
BEGIN
    SELECT q.lanes, q.topic, q.expires_at, octet_length(q.body) INTO v_lanes, v_topic, v_expires, v_bytes FROM sluice.request q
    WHERE q.shard = p_shard AND q.tenant_id = p_tenant AND q.request_id = p_request FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        answer := 'unknown';
        RETURN;
    END IF;
    -- Of two replays the second sees what the first has done.
    PERFORM FROM sluice.lane l WHERE l.shard = p_shard AND l.lane_id = ANY (v_lanes) ORDER BY l.lane_id FOR NO KEY UPDATE;

    v_now := clock_timestamp();
    IF v_expires <= v_now THEN
        answer := 'expired';
        RETURN;
    END IF;
    -- What was sent to a topic may go where no route led it.
    IF v_topic IS NOT NULL AND p_new_lane IS NOT NULL AND NOT EXISTS (
        SELECT FROM sluice.lane l
        WHERE l.shard = p_shard AND l.lane_id = ANY (v_lanes) AND l.tenant_id = p_tenant AND l.destination_id = p_destination)
    THEN
        UPDATE sluice.request q SET lanes = q.lanes || p_new_lane
        WHERE q.shard = p_shard AND q.tenant_id = p_tenant AND q.request_id = p_request;
        v_added := ARRAY[p_new_lane];
    END IF;
    WITH ended AS MATERIALIZED (
        SELECT v.lane_id, v.state FROM sluice.delivery v
        WHERE v.shard = p_shard AND v.tenant_id = p_tenant AND v.request_id = p_request
          AND (p_destination IS NULL OR v.destination_id = p_destination)
          AND v.state IN ('delivered', 'dead', 'cancelled', 'expired')),
    revived AS (
        -- A replay of many takes no lane's lock: of a dead letter, who deletes it has it.
        DELETE FROM sluice.dead_letter d USING ended e
        WHERE d.shard = p_shard AND d.tenant_id = p_tenant AND d.lane_id = e.lane_id AND d.request_id = p_request
        RETURNING d.lane_id),
    chosen AS MATERIALIZED (
        SELECT e.lane_id FROM ended e WHERE e.state <> 'dead' UNION ALL SELECT r.lane_id FROM revived r
        UNION ALL SELECT unnest(v_added)),
    logged AS (
        INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, verdict, class, latency_us,
                                    next_due_at, worker, error)
        SELECT p_shard, p_tenant, p_request, c.lane_id, v_now, 0, 'replayed', 'replayed', 0, v_now,
               '00000000-0000-0000-0000-000000000000', left('replayed by ' || p_actor, 500)
        FROM chosen c),
    waiting AS (
        INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id)
        SELECT p_shard, 0, v_bytes, c.lane_id, v_now, p_request FROM chosen c)
    SELECT array_agg(c.lane_id) INTO lanes FROM chosen c;
    answer := CASE WHEN lanes IS NULL THEN 'not_ended' ELSE 'replayed' END;
END $$;

COMMENT ON FUNCTION sluice.replay_request IS 'Begins deliveries of a request that have ended anew, all or those to one destination, with all their attempts; what was sent to a topic and has no delivery to that destination gets one, in p_new_lane. Returns their lanes, for the caller to arm after the commit. Answers replayed, not_ended where none had ended, expired where its expires_at has passed, or unknown.';

CREATE FUNCTION sluice.expire_deliveries(p_shards smallint[], p_rows integer, OUT examined integer, OUT expired integer)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_now      timestamptz := clock_timestamp();
    v_shards   smallint[];
    v_tenants  uuid[];
    v_requests uuid[];
    v_looks    timestamptz[];
    v_of       smallint[];
    v_lanes    bigint[];
    v_awaited  uuid[];
BEGIN
    SELECT array_agg(due.shard), array_agg(due.tenant_id), array_agg(due.request_id), array_agg(due.look_at)
    INTO v_shards, v_tenants, v_requests, v_looks FROM (
        SELECT e.shard, e.tenant_id, e.request_id, e.look_at FROM sluice.expiry e
        WHERE e.shard = ANY (p_shards) AND e.look_at <= v_now LIMIT p_rows FOR UPDATE SKIP LOCKED) due;
    examined := coalesce(cardinality(v_requests), 0);
    expired := 0;
    IF examined = 0 THEN RETURN; END IF;

    SELECT array_agg(locked.shard), array_agg(locked.lane_id) INTO v_of, v_lanes FROM (
        SELECT l.shard, l.lane_id FROM sluice.lane l
        JOIN (
            SELECT DISTINCT v.shard, v.lane_id
            FROM unnest(v_shards, v_tenants, v_requests) AS due (shard, tenant_id, request_id)
            JOIN sluice.delivery v ON v.shard = due.shard AND v.tenant_id = due.tenant_id AND v.request_id = due.request_id
            WHERE v.state IN ('waiting', 'scheduled', 'held')) w ON w.shard = l.shard AND w.lane_id = l.lane_id
        ORDER BY l.shard, l.lane_id FOR NO KEY UPDATE OF l) locked;

    WITH waiting AS MATERIALIZED (
        SELECT v.shard, v.tenant_id, v.request_id, v.lane_id, v.due_at
        FROM unnest(v_shards, v_tenants, v_requests) AS due (shard, tenant_id, request_id)
        JOIN sluice.delivery v ON v.shard = due.shard AND v.tenant_id = due.tenant_id AND v.request_id = due.request_id
        WHERE v.state IN ('waiting', 'scheduled', 'held')
          AND EXISTS (SELECT FROM unnest(v_of, v_lanes) AS locked (shard, lane_id)
                      WHERE locked.shard = v.shard AND locked.lane_id = v.lane_id)),
    gone AS (
        DELETE FROM sluice.ready w USING waiting v
        WHERE w.shard = v.shard AND w.lane_id = v.lane_id AND w.due_at = v.due_at AND w.request_id = v.request_id
        RETURNING v.shard, v.tenant_id, v.request_id, v.lane_id, w.attempts, w.is_awaited),
    logged AS (
        INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, verdict, class, latency_us, worker, error)
        SELECT g.shard, g.tenant_id, g.request_id, g.lane_id, v_now, g.attempts, 'expired', 'expired', 0,
               '00000000-0000-0000-0000-000000000000', 'expires_at passed while it waited'
        FROM gone g),
    unblocked AS (
        UPDATE sluice.lane l
        SET blocked_by = NULL, blocked_until = NULL, next_due_at = CASE WHEN l.gate = 'pass' AND NOT l.armed THEN v_now ELSE l.next_due_at END
        FROM gone g WHERE l.shard = g.shard AND l.lane_id = g.lane_id AND l.blocked_by = g.request_id)
    SELECT count(*), array_agg(DISTINCT g.request_id) FILTER (WHERE g.is_awaited) INTO expired, v_awaited FROM gone g;

    -- What is still live was in flight: its attempt ends it, or puts it back.
    WITH live AS MATERIALIZED (
        SELECT due.shard, due.look_at, due.tenant_id, due.request_id, EXISTS (
                   SELECT FROM sluice.delivery v
                   WHERE v.shard = due.shard AND v.tenant_id = due.tenant_id AND v.request_id = due.request_id
                     AND v.state IN ('waiting', 'scheduled', 'held', 'in_flight')) AS is_live
        FROM unnest(v_shards, v_looks, v_tenants, v_requests) AS due (shard, look_at, tenant_id, request_id)),
    later AS (
        UPDATE sluice.expiry e SET look_at = v_now + interval '30 seconds' FROM live
        WHERE live.is_live AND e.shard = live.shard AND e.look_at = live.look_at AND e.tenant_id = live.tenant_id
          AND e.request_id = live.request_id)
    DELETE FROM sluice.expiry e USING live
    WHERE NOT live.is_live AND e.shard = live.shard AND e.look_at = live.look_at AND e.tenant_id = live.tenant_id
      AND e.request_id = live.request_id;
    PERFORM sluice.tell_outcomes(v_awaited);
END $$;

COMMENT ON FUNCTION sluice.expire_deliveries IS 'Ends deliveries that wait, are scheduled or held past their request''s expires_at: looks at up to p_rows requests whose time has come, never at a backlog. What is in flight then is looked at again later.';

-- Arming and claiming. Each function is one unit of work: one statement, one transaction. The functions that
-- lock and then look are VOLATILE, so that each statement inside takes a new snapshot: locking and looking in one
-- statement would read state from before the lock.
--
-- Arming and claiming commit without waiting for the disk (synchronous_commit is set for the transaction, in the body:
-- a SET clause would be undone before the commit). A crash of the server undoes them, and costs a reconciliation or a
-- duplicate, not a request.
--
-- Plans are pinned: these statements must walk indexes whatever the statistics of tables that are empty at one moment
-- and hold a million rows at the next.

CREATE FUNCTION sluice.destination_in_flight(p_shard smallint, p_tenant uuid, p_destination uuid) RETURNS bigint
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    SELECT count(*) FROM sluice.lane l
    JOIN sluice.in_flight f ON f.shard = l.shard AND f.lane_id = l.lane_id
    WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND l.destination_id = p_destination
$$;

COMMENT ON FUNCTION sluice.destination_in_flight IS 'Deliveries of a destination that are in flight, over all its lanes.';

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
    IF v_lane.tenant_limit IS NOT NULL AND sluice.tenant_in_flight(p_shard, v_lane.tenant_id) >= v_lane.tenant_limit THEN RETURN NULL; END IF;
    IF v_lane.is_ordered AND v_lane.dispatch_limit IS NOT NULL
       AND sluice.destination_in_flight(p_shard, v_lane.tenant_id, v_lane.destination_id) >= v_lane.dispatch_limit THEN RETURN NULL; END IF;
    v_due := greatest(v_due, v_lane.throttled_until, v_lane.blocked_until);
    IF v_lane.rate_per_second IS NULL THEN RETURN v_due; END IF;
    RETURN greatest(v_due, v_lane.tokens_at + make_interval(secs => (1 - v_lane.tokens) / v_lane.rate_per_second));
END $$;

COMMENT ON FUNCTION sluice.runnable_at IS 'The earliest time at which a claim could take something from the lane, by its backlog, limits, pauses and rate, whatever its gate; NULL while it is empty or full, or its tenant or ordered destination is.';

CREATE FUNCTION sluice.arm(p_shards smallint[], p_lanes bigint[]) RETURNS integer
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE
    v_shards  smallint[];
    v_lanes   bigint[];
    v_armed   smallint[];
    v_now     timestamptz;
    v_limited boolean;
    v_divided boolean;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT bool_or(l.tenant_limit IS NOT NULL), bool_or(l.is_ordered AND l.dispatch_limit IS NOT NULL) INTO v_limited, v_divided
    FROM unnest(p_shards, p_lanes) AS asked (shard, lane_id)
    JOIN sluice.lane l ON l.shard = asked.shard AND l.lane_id = asked.lane_id;
    -- Room that a tenant with a limit has got is there for all its lanes.
    IF v_limited THEN
        SELECT p_shards || array_agg(sibling.shard), p_lanes || array_agg(sibling.lane_id) INTO p_shards, p_lanes FROM (
            SELECT DISTINCT l.shard, l.tenant_id FROM unnest(p_shards, p_lanes) AS asked (shard, lane_id)
            JOIN sluice.lane l ON l.shard = asked.shard AND l.lane_id = asked.lane_id
            WHERE l.tenant_limit IS NOT NULL) limited
        JOIN sluice.lane sibling ON sibling.shard = limited.shard AND sibling.tenant_id = limited.tenant_id AND NOT sibling.armed;
    END IF;
    -- So is the room of an ordered destination whose circuit limits it.
    IF v_divided THEN
        SELECT p_shards || array_agg(sibling.shard), p_lanes || array_agg(sibling.lane_id) INTO p_shards, p_lanes FROM (
            SELECT DISTINCT l.shard, l.tenant_id, l.destination_id FROM unnest(p_shards, p_lanes) AS asked (shard, lane_id)
            JOIN sluice.lane l ON l.shard = asked.shard AND l.lane_id = asked.lane_id
            WHERE l.is_ordered AND l.dispatch_limit IS NOT NULL) divided
        JOIN sluice.lane sibling ON sibling.shard = divided.shard AND sibling.tenant_id = divided.tenant_id
            AND sibling.destination_id = divided.destination_id AND NOT sibling.armed;
    END IF;
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

CREATE FUNCTION sluice.ordered_shares(p_shard smallint, p_lanes bigint[], p_shares integer[]) RETURNS integer[]
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_shares      integer[] := coalesce(p_shares, array_fill(NULL::integer, ARRAY[cardinality(p_lanes)]));
    v_destination record;
    v_room        bigint;
    v_place       integer;
BEGIN
    FOR v_destination IN
        SELECT l.tenant_id, l.destination_id, min(l.dispatch_limit) AS limit, array_agg(asked.place::integer ORDER BY asked.place) AS places
        FROM unnest(p_lanes) WITH ORDINALITY AS asked (lane_id, place)
        JOIN sluice.lane l ON l.shard = p_shard AND l.lane_id = asked.lane_id
        WHERE l.is_ordered AND l.dispatch_limit IS NOT NULL
        GROUP BY l.tenant_id, l.destination_id ORDER BY l.destination_id
    LOOP
        -- Until the claim's commit, against another claim of other lanes of the destination. After the tenants', in the
        -- destinations' order: no deadlock.
        PERFORM pg_advisory_xact_lock(hashtextextended(v_destination.destination_id::text, 1));
        v_room := v_destination.limit - sluice.destination_in_flight(p_shard, v_destination.tenant_id, v_destination.destination_id);
        FOREACH v_place IN ARRAY v_destination.places LOOP
            v_shares[v_place] := least(v_shares[v_place], (v_room > 0)::integer);
            v_room := v_room - v_shares[v_place];
        END LOOP;
    END LOOP;
    RETURN v_shares;
END $$;

COMMENT ON FUNCTION sluice.ordered_shares IS 'Bounds shares of a claim, as of sluice.tenant_shares, where an ordered destination''s circuit limits what is in flight over all its lanes. The lanes that have had least are given room first; a lane that has no use for it is disarmed, and the next claim gives it to others.';

CREATE FUNCTION sluice.ready_mixed(
    p_shard smallint, p_lane bigint, p_fresh_since timestamptz, p_now timestamptz, p_rows bigint, p_turn double precision
) RETURNS TABLE (place tid, due_at timestamptz, request_id uuid, attempts smallint, bytes integer, is_awaited boolean)
LANGUAGE sql STABLE ROWS 100 SET enable_seqscan = off AS $$
    SELECT w.place, w.due_at, w.request_id, w.attempts, w.bytes, w.is_awaited FROM (
        SELECT old.*, (row_number() OVER (ORDER BY old.due_at, old.request_id) - 0.25) * 4 / 3 AS turn FROM (
            SELECT w.ctid AS place, w.due_at, w.request_id, w.attempts, w.bytes, w.is_awaited FROM sluice.ready w
            WHERE w.shard = p_shard AND w.lane_id = p_lane AND w.due_at <= p_now AND w.due_at < p_fresh_since
            ORDER BY w.due_at, w.request_id LIMIT p_rows) old
        UNION ALL
        SELECT fresh.*, (row_number() OVER (ORDER BY fresh.due_at, fresh.request_id) - p_turn) * 4 AS turn FROM (
            SELECT w.ctid AS place, w.due_at, w.request_id, w.attempts, w.bytes, w.is_awaited FROM sluice.ready w
            WHERE w.shard = p_shard AND w.lane_id = p_lane AND w.due_at <= p_now AND w.due_at >= p_fresh_since
            ORDER BY w.due_at, w.request_id LIMIT p_rows) fresh) w
    ORDER BY w.turn LIMIT p_rows
$$;

COMMENT ON FUNCTION sluice.ready_mixed IS 'The next due deliveries of a lane that drains a backlog: three from before p_fresh_since for each since then, so that what comes now does not wait for hours of backlog. p_turn, in 0..1 and drawn anew for each claim, keeps that share also where a claim takes one.';

CREATE FUNCTION sluice.can_run(p_shard smallint) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM sluice.lane l WHERE l.shard = p_shard AND l.armed AND l.gate = 'pass');
END $$;

COMMENT ON FUNCTION sluice.can_run IS 'Whether the shard has a lane that a claim could take from, whoever has locked it.';

CREATE FUNCTION sluice.claim(
    p_shard smallint, p_worker uuid, p_token bigint, p_lanes integer, p_rows integer, p_bytes bigint, p_quantum integer,
    p_leaving_out uuid[] DEFAULT '{}'
) RETURNS TABLE (
    lane_id bigint, tenant_id uuid, request_id uuid, attempt smallint, is_expired boolean,
    method text, path text, query text, headers text, body bytea, epoch bigint, rollout text)
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
    v_turn     double precision := random();
    v_limited  boolean;
    v_divided  boolean;
    v_shares   integer[];
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT array_agg(s.lane_id), bool_or(s.tenant_limit IS NOT NULL), bool_or(s.is_ordered AND s.dispatch_limit IS NOT NULL)
    INTO v_lanes, v_limited, v_divided FROM (
        SELECT l.lane_id, l.tenant_limit, l.is_ordered, l.dispatch_limit FROM sluice.lane l
        WHERE l.shard = p_shard AND l.armed AND l.gate = 'pass' AND l.tenant_id <> ALL (p_leaving_out)
        ORDER BY l.vtime LIMIT p_lanes
        FOR NO KEY UPDATE SKIP LOCKED) s;
    IF v_lanes IS NULL THEN
        -- Nothing is assigned to the columns: a row of NULLs.
        IF sluice.can_run(p_shard) THEN RETURN NEXT; END IF;
        RETURN;
    END IF;
    IF v_limited THEN v_shares := sluice.tenant_shares(p_shard, v_lanes); END IF;
    IF v_divided THEN v_shares := sluice.ordered_shares(p_shard, v_lanes, v_shares); END IF;

    v_now := clock_timestamp();
    WITH room AS MATERIALIZED (
        SELECT l.lane_id, l.tenant_id, l.lease, l.epoch, l.fresh_since, CASE WHEN l.throttled_until > v_now OR l.blocked_until > v_now THEN 0 ELSE least(
                   p_quantum, v_shares[locked.place::integer],
                   least(l.max_in_flight, l.dispatch_limit) - (SELECT count(*) FROM sluice.in_flight f WHERE f.shard = p_shard AND f.lane_id = l.lane_id),
                   CASE WHEN l.rate_per_second IS NOT NULL THEN
                       floor(least(l.rate_burst, l.tokens + l.rate_per_second * extract(epoch FROM v_now - l.tokens_at))) END
               ) END::bigint AS rows
        FROM unnest(v_lanes) WITH ORDINALITY AS locked (lane_id, place)
        JOIN sluice.lane l ON l.shard = p_shard AND l.lane_id = locked.lane_id
        ORDER BY locked.place),
    taken AS MATERIALIZED (
        SELECT * FROM (
            SELECT room.lane_id, room.tenant_id, room.lease, room.epoch, w.place, w.due_at, w.request_id, w.attempts, w.bytes, w.is_awaited,
                   sum(w.bytes) OVER (ROWS UNBOUNDED PRECEDING) - w.bytes AS bytes_before
            FROM room
            CROSS JOIN LATERAL (
                (SELECT w.ctid AS place, w.due_at, w.request_id, w.attempts, w.bytes, w.is_awaited FROM sluice.ready w
                 WHERE room.fresh_since IS NULL AND w.shard = p_shard AND w.lane_id = room.lane_id AND w.due_at <= v_now
                 ORDER BY w.due_at, w.request_id LIMIT greatest(room.rows, 0))
                UNION ALL
                (SELECT mixed.place, mixed.due_at, mixed.request_id, mixed.attempts, mixed.bytes, mixed.is_awaited
                 FROM sluice.ready_mixed(p_shard, room.lane_id, room.fresh_since, v_now, greatest(room.rows, 0), v_turn) mixed
                 WHERE room.fresh_since IS NOT NULL)) w
            LIMIT p_rows) w
        WHERE w.bytes_before < p_bytes),
    gone AS (
        -- By their places, which can't change under the lane's lock: their keys would be looked up once more.
        DELETE FROM sluice.ready w USING taken t WHERE w.shard = p_shard AND w.ctid = t.place),
    flying AS (
        INSERT INTO sluice.in_flight (shard, attempt, bytes, lane_id, due_at, claimed_at, lease_until, epoch, token, request_id, tenant_id, worker, is_awaited)
        SELECT p_shard, t.attempts + 1, t.bytes, t.lane_id, t.due_at, v_now, v_now + t.lease, t.epoch, p_token, t.request_id, t.tenant_id, p_worker, t.is_awaited
        FROM taken t)
    SELECT array_agg(t.tenant_id), array_agg(t.lane_id), array_agg(t.request_id), array_agg((t.attempts + 1)::smallint), array_agg(t.epoch),
           (SELECT first.request_id FROM taken first ORDER BY first.request_id LIMIT 1),
           (SELECT last.request_id FROM taken last ORDER BY last.request_id DESC LIMIT 1),
           count(*) >= p_rows OR coalesce(sum(t.bytes) >= p_bytes, false)
    INTO v_tenants, v_from, v_requests, v_attempts, v_epochs, v_first, v_last, v_is_cut
    FROM taken t;

    RETURN QUERY
    SELECT c.lane_id, c.tenant_id, c.request_id, c.attempt, coalesce(q.expires_at <= v_now, false), q.method, q.path, q.query, q.headers, q.body, c.epoch,
           CASE WHEN q.stamps IS NOT NULL THEN sluice.rollout_of(q.stamps, c.lane_id) END
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
            fresh_since = CASE WHEN EXISTS (
                SELECT FROM sluice.ready w
                WHERE w.shard = p_shard AND w.lane_id = l.lane_id AND w.due_at < l.fresh_since) THEN l.fresh_since END,
            armed = k.runnable_at <= v_now,
            next_due_at = CASE WHEN k.runnable_at > v_now THEN nullif(k.runnable_at, 'infinity') END
        FROM looked k
        WHERE l.shard = p_shard AND l.lane_id = k.lane_id AND (k.rows > 0 OR k.runnable_at > v_now)
        RETURNING l.lane_id, l.tenant_id, l.armed)
    SELECT c.lane_id, c.tenant_id, NULL::uuid, 0::smallint, false, NULL::text, NULL::text, NULL::text, NULL::text, NULL::bytea, NULL::bigint, NULL::text
    FROM changed c WHERE NOT c.armed;

    IF v_from IS NULL AND sluice.can_run(p_shard) THEN RETURN NEXT; END IF;
END $$;

COMMENT ON FUNCTION sluice.claim IS 'Claims due deliveries of one shard: locks the runnable lanes that have had least, but for those of tenants that are left out, takes within each lane''s quantum, limit and rate, moves rows from ready to in_flight, and returns them with their requests. Rows without a request name lanes that are now empty, full or out of tokens and are no longer armed: the caller must arm them once more, after this commit. A row of NULLs, where nothing was taken, says that lanes can run all the same: those that others have locked, that were left out, or that were too many. The commit is not flushed: a crash of the server undoes a claim, at the cost of a duplicate.';

-- Replays of many dead letters: tasks that the leader takes forward in bounded steps.

CREATE TYPE sluice.replay_state AS ENUM ('running', 'done', 'cancelled');

COMMENT ON TYPE sluice.replay_state IS 'How far a replay has come; done and cancelled are final.';

CREATE TABLE sluice.replay (
    shard           smallint NOT NULL,
    tenant_id       uuid NOT NULL,
    replay_id       uuid NOT NULL,
    destination_id  uuid,
    class           text,
    dead_from       timestamptz,
    dead_before     timestamptz NOT NULL,
    rate_per_second double precision NOT NULL CONSTRAINT replay_rate_is_in_range CHECK (rate_per_second BETWEEN 0.01 AND 1000),
    state           sluice.replay_state NOT NULL DEFAULT 'running',
    actor           text NOT NULL,
    created_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    at_request      uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    at_lane         bigint NOT NULL DEFAULT 0,
    tokens          double precision NOT NULL DEFAULT 1,
    tokens_at       timestamptz NOT NULL,
    examined        bigint NOT NULL DEFAULT 0,
    replayed        bigint NOT NULL DEFAULT 0,
    expired         bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (shard, tenant_id, replay_id)
) WITH (fillfactor = 70);

COMMENT ON TABLE sluice.replay IS 'Replays of a tenant''s dead letters: what, how fast, and how far they have come. A step moves the dead letters and the position in one transaction, so none is replayed twice.';
COMMENT ON COLUMN sluice.replay.dead_before IS 'Not after the replay''s making: what it replays and what dies again is not replayed once more.';
COMMENT ON COLUMN sluice.replay.at_request IS 'With at_lane: the dead letter examined last, in the order of dead_letter_order.';
COMMENT ON COLUMN sluice.replay.tokens IS 'Token bucket of the rate, as of tokens_at; holds a second''s worth.';
COMMENT ON COLUMN sluice.replay.expired IS 'Left where they are, because their request''s expires_at has passed.';

CREATE INDEX replay_running ON sluice.replay (shard, tenant_id, replay_id) WHERE state = 'running';

CREATE FUNCTION sluice.count_dead_letters(
    p_shard smallint, p_tenant uuid, p_destination uuid, p_class text, p_from timestamptz, p_before timestamptz, p_examine integer,
    OUT matching bigint, OUT is_exact boolean
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_lanes bigint[];
BEGIN
    IF p_destination IS NOT NULL THEN
        SELECT coalesce(array_agg(l.lane_id), '{}') INTO v_lanes FROM sluice.lane l
        WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND l.destination_id = p_destination;
    END IF;
    SELECT count(*) FILTER (WHERE (v_lanes IS NULL OR d.lane_id = ANY (v_lanes)) AND (p_class IS NULL OR d.class = p_class)
                              AND (p_from IS NULL OR d.dead_at >= p_from) AND (p_before IS NULL OR d.dead_at < p_before)),
           count(*) <= p_examine
    INTO matching, is_exact FROM (
        SELECT d.lane_id, d.class, d.dead_at FROM sluice.dead_letter d
        WHERE d.shard = p_shard AND d.tenant_id = p_tenant
        ORDER BY d.request_id, d.lane_id LIMIT p_examine + 1) d;
END $$;

COMMENT ON FUNCTION sluice.count_dead_letters IS 'How many dead letters a replay would take, among the first p_examine of the tenant; is_exact tells whether these are all.';

CREATE FUNCTION sluice.start_replay(
    p_shard smallint, p_tenant uuid, p_replay uuid, p_destination uuid, p_class text, p_from timestamptz, p_before timestamptz,
    p_rate double precision, p_actor text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_running bigint;
BEGIN
    PERFORM FROM sluice.tenant t WHERE t.tenant_id = p_tenant FOR NO KEY UPDATE;
    SELECT count(*) INTO v_running FROM sluice.replay r
    WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.state = 'running';
    IF v_running >= 8 THEN RETURN false; END IF;
    DELETE FROM sluice.replay r
    WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.state <> 'running' AND r.ended_at < v_now - interval '30 days';
    INSERT INTO sluice.replay (shard, tenant_id, replay_id, destination_id, class, dead_from, dead_before, rate_per_second, actor,
                               created_at, tokens_at)
    VALUES (p_shard, p_tenant, p_replay, p_destination, p_class, p_from, least(p_before, v_now), p_rate, left(p_actor, 200), v_now, v_now);
    RETURN true;
END $$;

COMMENT ON FUNCTION sluice.start_replay IS 'Makes a replay of what is dead now. False: 8 of the tenant''s run already; the lock on the tenant''s row makes the count exact. Forgets those that ended more than 30 days ago.';

CREATE FUNCTION sluice.cancel_replay(p_shard smallint, p_tenant uuid, p_replay uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    UPDATE sluice.replay r SET state = 'cancelled', ended_at = v_now
    WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.replay_id = p_replay AND r.state = 'running';
    RETURN FOUND;
END $$;

COMMENT ON FUNCTION sluice.cancel_replay IS 'Ends a replay where it stands, after the step that is under way; false where it had ended or is unknown.';

CREATE FUNCTION sluice.advance_replay(p_shard smallint, p_tenant uuid, p_replay uuid, p_rows integer, p_examine integer)
RETURNS bigint[] LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_replay   sluice.replay;
    v_now      timestamptz;
    v_only     bigint[];
    v_tokens   double precision;
    v_room     integer;
    v_examined bigint;
    v_chosen   bigint;
    v_request  uuid;
    v_lane     bigint;
    v_requests uuid[];
    v_lanes    bigint[];
    v_left     uuid[];
    v_moved    bigint[];
BEGIN
    SELECT * INTO v_replay FROM sluice.replay r
    WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.replay_id = p_replay AND r.state = 'running'
    FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN NULL; END IF;
    v_now := clock_timestamp();
    v_tokens := least(greatest(v_replay.rate_per_second, 1),
                      v_replay.tokens + v_replay.rate_per_second * extract(epoch FROM v_now - v_replay.tokens_at));
    v_room := least(p_rows, floor(v_tokens)::integer);
    IF v_room < 1 THEN RETURN NULL; END IF;
    IF v_replay.destination_id IS NOT NULL THEN
        SELECT coalesce(array_agg(l.lane_id), '{}') INTO v_only FROM sluice.lane l
        WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND l.destination_id = v_replay.destination_id;
    END IF;

    WITH examined AS MATERIALIZED (
        SELECT d.*, row_number() OVER (ORDER BY d.request_id, d.lane_id) AS place FROM (
            SELECT d.request_id, d.lane_id, d.class, d.dead_at FROM sluice.dead_letter d
            WHERE d.shard = p_shard AND d.tenant_id = p_tenant AND (d.request_id, d.lane_id) > (v_replay.at_request, v_replay.at_lane)
            ORDER BY d.request_id, d.lane_id LIMIT p_examine) d),
    chosen AS MATERIALIZED (
        SELECT e.* FROM examined e
        WHERE (v_only IS NULL OR e.lane_id = ANY (v_only)) AND (v_replay.class IS NULL OR e.class = v_replay.class)
          AND (v_replay.dead_from IS NULL OR e.dead_at >= v_replay.dead_from) AND e.dead_at < v_replay.dead_before
        ORDER BY e.place LIMIT v_room),
    reach AS (
        SELECT CASE WHEN (SELECT count(*) FROM chosen) = v_room THEN (SELECT max(c.place) FROM chosen c)
                    ELSE (SELECT count(*) FROM examined) END AS place)
    SELECT r.place, (SELECT count(*) FROM chosen), e.request_id, e.lane_id,
           (SELECT array_agg(c.request_id) FROM chosen c), (SELECT array_agg(c.lane_id) FROM chosen c)
    INTO v_examined, v_chosen, v_request, v_lane, v_requests, v_lanes
    FROM reach r LEFT JOIN examined e ON e.place = r.place;

    SELECT array_agg(q.request_id) INTO v_left FROM sluice.request q
    WHERE q.shard = p_shard AND q.tenant_id = p_tenant AND q.request_id = ANY (v_requests) AND q.expires_at <= v_now;

    WITH gone AS (
        DELETE FROM sluice.dead_letter d USING unnest(v_requests, v_lanes) AS c (request_id, lane_id)
        WHERE d.shard = p_shard AND d.tenant_id = p_tenant AND d.lane_id = c.lane_id AND d.request_id = c.request_id
          AND (v_left IS NULL OR d.request_id <> ALL (v_left))
        RETURNING d.lane_id, d.request_id, d.bytes),
    logged AS (
        INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, verdict, class, latency_us,
                                    next_due_at, worker, error)
        SELECT p_shard, p_tenant, g.request_id, g.lane_id, v_now, 0, 'replayed', 'replayed', 0, v_now,
               '00000000-0000-0000-0000-000000000000', 'replayed by replay ' || p_replay
        FROM gone g),
    waiting AS (
        INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id)
        SELECT p_shard, 0, g.bytes, g.lane_id, v_now, g.request_id FROM gone g)
    SELECT coalesce(array_agg(g.lane_id), '{}') INTO v_moved FROM gone g;

    UPDATE sluice.replay r
    SET at_request = coalesce(v_request, r.at_request), at_lane = coalesce(v_lane, r.at_lane),
        tokens = v_tokens - v_chosen, tokens_at = v_now, examined = r.examined + v_examined,
        replayed = r.replayed + cardinality(v_moved), expired = r.expired + (SELECT count(*) FROM unnest(v_requests) AS c (request_id) WHERE c.request_id = ANY (v_left)),
        state = CASE WHEN v_chosen < v_room AND v_examined < p_examine THEN 'done' ELSE r.state END,
        ended_at = CASE WHEN v_chosen < v_room AND v_examined < p_examine THEN v_now END
    WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.replay_id = p_replay;
    RETURN v_moved;
END $$;

COMMENT ON FUNCTION sluice.advance_replay IS 'One step of a replay: examines up to p_examine dead letters from its position on, begins up to p_rows of them anew as its rate allows, and moves the position, in one transaction. Returns their lanes, for the caller to arm; NULL where there is nothing to do now: it has ended, its rate allows none, or another process makes a step.';

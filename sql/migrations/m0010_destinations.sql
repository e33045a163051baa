-- Making, changing and deleting destinations.

CREATE FUNCTION sluice.put_destination(
    p_shard smallint, p_tenant uuid, p_destination uuid, p_name text, p_base_url text,
    p_connect_timeout_ms integer, p_timeout_ms integer, p_max_in_flight integer, p_rate_per_second double precision,
    p_rate_burst integer, p_ordered_lanes integer, p_max_attempts smallint, p_backoff_base_ms integer, p_backoff_cap_ms integer,
    p_retry_schedule_ms integer[], p_retried_statuses smallint[], p_final_statuses smallint[],
    p_client_certificate text, p_authorities text, p_secrets bytea, p_expected bigint
) RETURNS TABLE (destination_id uuid, lanes bigint[], version bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now         timestamptz := clock_timestamp();
    v_lease       interval := make_interval(secs => p_timeout_ms / 1000.0 + 15);
    v_destination uuid;
    v_version     bigint;
    v_lanes       bigint[];
    v_count       integer := coalesce(p_ordered_lanes, 1);
    v_lane_limit  integer := CASE WHEN p_ordered_lanes IS NULL THEN p_max_in_flight ELSE 1 END;
    v_burst       integer := greatest(1, p_rate_burst / v_count);
BEGIN
    INSERT INTO sluice.destination AS d (shard, tenant_id, destination_id, name, base_url, connect_timeout_ms, timeout_ms,
        max_in_flight, rate_per_second, rate_burst, ordered_lanes, max_attempts, backoff_base_ms, backoff_cap_ms, retry_schedule_ms,
        retried_statuses, final_statuses, client_certificate, authorities, secrets)
    SELECT p_shard, p_tenant, p_destination, p_name, p_base_url, p_connect_timeout_ms, p_timeout_ms, p_max_in_flight,
           p_rate_per_second, p_rate_burst, p_ordered_lanes, p_max_attempts, p_backoff_base_ms, p_backoff_cap_ms, p_retry_schedule_ms,
           p_retried_statuses, p_final_statuses, p_client_certificate, p_authorities, p_secrets
    WHERE coalesce(p_expected, 0) = 0
       OR EXISTS (SELECT FROM sluice.destination e WHERE e.shard = p_shard AND e.tenant_id = p_tenant AND e.name = p_name)
    ON CONFLICT ON CONSTRAINT destination_name_is_unique DO UPDATE
        SET base_url = EXCLUDED.base_url, connect_timeout_ms = EXCLUDED.connect_timeout_ms, timeout_ms = EXCLUDED.timeout_ms,
            max_in_flight = EXCLUDED.max_in_flight, rate_per_second = EXCLUDED.rate_per_second, rate_burst = EXCLUDED.rate_burst,
            max_attempts = EXCLUDED.max_attempts, backoff_base_ms = EXCLUDED.backoff_base_ms,
            backoff_cap_ms = EXCLUDED.backoff_cap_ms, retry_schedule_ms = EXCLUDED.retry_schedule_ms,
            retried_statuses = EXCLUDED.retried_statuses, final_statuses = EXCLUDED.final_statuses,
            client_certificate = EXCLUDED.client_certificate, authorities = EXCLUDED.authorities, secrets = EXCLUDED.secrets,
            version = d.version + 1, deletion = NULL, deletion_began_at = NULL
        WHERE (p_expected IS NULL OR p_expected = CASE WHEN d.deletion IS NULL THEN d.version ELSE 0 END)
          AND d.ordered_lanes IS NOT DISTINCT FROM EXCLUDED.ordered_lanes
    RETURNING d.destination_id, d.version INTO v_destination, v_version;
    IF NOT FOUND THEN RETURN; END IF;

    SELECT array_agg(l.lane_id) INTO v_lanes FROM (
        SELECT l.lane_id FROM sluice.lane l
        WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND l.destination_id = v_destination
        ORDER BY l.lane_id FOR NO KEY UPDATE) l;
    IF v_lanes IS NOT NULL THEN
        UPDATE sluice.lane l
        SET max_in_flight = v_lane_limit, lease = v_lease, rate_per_second = p_rate_per_second / v_count, rate_burst = v_burst,
            tokens = v_burst, tokens_at = v_now
        WHERE l.shard = p_shard AND l.lane_id = ANY (v_lanes);
    ELSE
        WITH made AS (
            INSERT INTO sluice.lane AS l (shard, tenant_id, destination_id, gate, tenant_limit, max_in_flight, lease, rate_per_second,
                                          rate_burst, tokens, tokens_at, is_ordered)
            SELECT p_shard, p_tenant, v_destination, sluice.lane_gate(p_tenant, 'auto', 'closed'),
                (SELECT t.max_in_flight FROM sluice.tenant t WHERE t.tenant_id = p_tenant), v_lane_limit, v_lease,
                p_rate_per_second / v_count, v_burst, v_burst, v_now, p_ordered_lanes IS NOT NULL
            FROM generate_series(1, v_count)
            RETURNING l.lane_id)
        SELECT array_agg(made.lane_id ORDER BY made.lane_id) INTO v_lanes FROM made;
    END IF;
    INSERT INTO sluice.circuit (shard, tenant_id, destination_id, state_since, stable_since)
    VALUES (p_shard, p_tenant, v_destination, v_now, v_now)
    ON CONFLICT (shard, tenant_id, destination_id) DO NOTHING;
    PERFORM sluice.config_changed('destination', p_shard, p_tenant, v_destination);
    RETURN QUERY SELECT v_destination, v_lanes, v_version;
END $$;

COMMENT ON FUNCTION sluice.put_destination IS 'Makes a destination with its lanes and circuit, or changes the one of that name; one that is being deleted stays. p_expected is the version that is changed, 0 where there must be none; no row comes back where it is another, or where p_ordered_lanes is. Ordered lanes have equal parts of the rate. The lease of its deliveries is the time-out and 15 seconds.';

CREATE FUNCTION sluice.begin_deletion(
    p_shard smallint, p_tenant uuid, p_destination uuid, p_backlog text, p_expected bigint, p_count_to integer
) RETURNS TABLE (answer text, waiting bigint)
LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_version bigint;
    v_waiting bigint;
BEGIN
    SELECT d.version INTO v_version FROM sluice.destination d
    WHERE d.shard = p_shard AND d.tenant_id = p_tenant AND d.destination_id = p_destination FOR UPDATE;
    IF NOT FOUND THEN RETURN QUERY SELECT 'unknown', 0::bigint; RETURN; END IF;
    IF p_expected <> v_version THEN RETURN QUERY SELECT 'changed', 0::bigint; RETURN; END IF;

    SELECT least(p_count_to, b.waiting + sluice.destination_in_flight(p_shard, p_tenant, p_destination)) INTO v_waiting
    FROM sluice.backlog(p_shard, p_tenant, p_destination, p_count_to) b;
    IF p_backlog = 'refuse' AND v_waiting > 0 THEN RETURN QUERY SELECT 'waiting', v_waiting; RETURN; END IF;

    UPDATE sluice.destination d
    SET deletion = CASE p_backlog WHEN 'refuse' THEN coalesce(d.deletion, 'drain') ELSE p_backlog END,
        deletion_began_at = coalesce(d.deletion_began_at, v_now), version = d.version + 1
    WHERE d.shard = p_shard AND d.tenant_id = p_tenant AND d.destination_id = p_destination;
    PERFORM sluice.config_changed('destination', p_shard, p_tenant, p_destination);
    RETURN QUERY SELECT 'begun', v_waiting;
END $$;

COMMENT ON FUNCTION sluice.begin_deletion IS 'From its commit on a destination takes no new requests. Its backlog is delivered first (drain), cancelled (cancel), or a reason to refuse (refuse). Answers begun, waiting, changed (it is not of version p_expected) or unknown, and how many deliveries wait or are under way, counted up to p_count_to.';

CREATE FUNCTION sluice.finish_deletions(p_shards smallint[], p_worker uuid, p_grace interval, p_rows integer) RETURNS integer
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    v_now      timestamptz := clock_timestamp();
    v_at       timestamptz;
    v_shard    smallint;
    v_tenant   uuid;
    v_gone     uuid;
    v_lanes    bigint[];
    v_mode     text;
    v_is_old   boolean;
    v_from     bigint[];
    v_requests uuid[];
    v_attempts smallint[];
    v_awaited  uuid[];
    v_rows     integer;
    v_done     integer := 0;
BEGIN
    FOR v_shard, v_tenant, v_gone, v_mode, v_is_old IN
        SELECT d.shard, d.tenant_id, d.destination_id, d.deletion, d.deletion_began_at < v_now - p_grace FROM sluice.destination d
        WHERE d.shard = ANY (p_shards) AND d.deletion IS NOT NULL
        ORDER BY d.deletion_began_at LIMIT 100 FOR UPDATE SKIP LOCKED
    LOOP
        -- Under the lanes' locks nothing is claimed.
        SELECT coalesce(array_agg(l.lane_id), '{}') INTO v_lanes FROM (
            SELECT * FROM sluice.lane l
            WHERE l.shard = v_shard AND l.tenant_id = v_tenant AND l.destination_id = v_gone ORDER BY l.lane_id FOR UPDATE) l;
        IF v_mode = 'cancel' THEN
            WITH dropped AS (
                DELETE FROM sluice.ready w USING (
                    SELECT r.lane_id, r.due_at, r.request_id FROM sluice.ready r
                    WHERE r.shard = v_shard AND r.lane_id = ANY (v_lanes) LIMIT p_rows) batch
                WHERE w.shard = v_shard AND w.lane_id = batch.lane_id AND w.due_at = batch.due_at AND w.request_id = batch.request_id
                RETURNING w.*)
            SELECT array_agg(d.request_id), array_agg(d.lane_id), array_agg(d.attempts), array_agg(d.request_id) FILTER (WHERE d.is_awaited)
            INTO v_requests, v_from, v_attempts, v_awaited FROM dropped d;
            -- Read afterwards, so that it is later than any attempt that a report has logged meanwhile.
            v_at := clock_timestamp();
            INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, verdict, class, latency_us, worker, error)
            SELECT v_shard, v_tenant, c.request_id, c.lane_id, v_at, c.attempts, 'cancelled', 'cancelled', 0, p_worker, 'the destination was deleted'
            FROM unnest(v_requests, v_from, v_attempts) AS c (request_id, lane_id, attempts);
            GET DIAGNOSTICS v_rows = ROW_COUNT;
            v_done := v_done + v_rows;
            IF v_awaited IS NOT NULL THEN PERFORM sluice.tell_outcomes(v_awaited); END IF;
        END IF;
        CONTINUE WHEN NOT v_is_old
            OR EXISTS (SELECT FROM sluice.ready w WHERE w.shard = v_shard AND w.lane_id = ANY (v_lanes))
            OR EXISTS (SELECT FROM sluice.in_flight f WHERE f.shard = v_shard AND f.lane_id = ANY (v_lanes));

        DELETE FROM sluice.dead_letter d USING (
            SELECT x.lane_id, x.request_id FROM sluice.dead_letter x
            WHERE x.shard = v_shard AND x.tenant_id = v_tenant AND x.lane_id = ANY (v_lanes) LIMIT p_rows) batch
        WHERE d.shard = v_shard AND d.tenant_id = v_tenant AND d.lane_id = batch.lane_id AND d.request_id = batch.request_id;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        v_done := v_done + v_rows;
        CONTINUE WHEN v_rows >= p_rows;

        PERFORM sluice.drop_references(v_shard, v_tenant, v_gone);
        DELETE FROM sluice.health_check h WHERE h.shard = v_shard AND h.tenant_id = v_tenant AND h.destination_id = v_gone;
        DELETE FROM sluice.circuit_bucket b WHERE b.shard = v_shard AND b.tenant_id = v_tenant AND b.destination_id = v_gone;
        DELETE FROM sluice.circuit_event e WHERE e.shard = v_shard AND e.tenant_id = v_tenant AND e.destination_id = v_gone;
        DELETE FROM sluice.circuit_policy p WHERE p.shard = v_shard AND p.tenant_id = v_tenant AND p.destination_id = v_gone;
        DELETE FROM sluice.circuit c WHERE c.shard = v_shard AND c.tenant_id = v_tenant AND c.destination_id = v_gone;
        DELETE FROM sluice.lane l WHERE l.shard = v_shard AND l.tenant_id = v_tenant AND l.destination_id = v_gone;
        DELETE FROM sluice.destination d WHERE d.shard = v_shard AND d.tenant_id = v_tenant AND d.destination_id = v_gone;
        PERFORM sluice.config_changed('destination', v_shard, v_tenant, v_gone);
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END $$;

COMMENT ON FUNCTION sluice.finish_deletions IS 'Goes on with the deletion of destinations: cancels waiting deliveries where that was asked for, up to p_rows of each; then, p_grace after the beginning, when every process knows of it and nothing waits or is under way, drops dead letters, routes, sources and all other rows that are about the destination. Requests and attempts stay until their days are dropped. Returns how much was done.';

CREATE FUNCTION sluice.reseal_destinations(
    p_shards smallint[], p_tenants uuid[], p_destinations uuid[], p_before bytea[], p_after bytea[]
) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_rows integer;
BEGIN
    UPDATE sluice.destination d SET secrets = r.after
    FROM unnest(p_shards, p_tenants, p_destinations, p_before, p_after) AS r (shard, tenant_id, destination_id, before, after)
    WHERE d.shard = r.shard AND d.tenant_id = r.tenant_id AND d.destination_id = r.destination_id AND d.secrets = r.before;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END $$;

COMMENT ON FUNCTION sluice.reseal_destinations IS 'Replaces sealed secrets by the same ones sealed with another key, where they have not changed meanwhile; returns how many. Nothing that is in force changes, so no version does.';

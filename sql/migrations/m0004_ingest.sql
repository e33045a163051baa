-- Storing requests, and the configuration call that makes destinations.

CREATE FUNCTION sluice.store(
    p_shards smallint[], p_tenants uuid[], p_destinations uuid[], p_lanes bigint[], p_requests uuid[],
    p_methods text[], p_paths text[], p_queries text[], p_headers text[], p_bodies bytea[],
    p_dues timestamptz[], p_expiries timestamptz[], p_keys bytea[], p_fingerprints bytea[], p_key_window interval, p_again boolean,
    p_awaited uuid[]
) RETURNS TABLE (place integer, request_id uuid, is_same_payload boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_passed  integer[] := '{}';
BEGIN
    IF array_remove(p_keys, NULL) <> '{}' THEN
        INSERT INTO sluice.idempotency_key AS k (shard, tenant_id, key_hash, request_id, fingerprint, expires_at)
        SELECT DISTINCT ON (i.shard, i.tenant_id, i.key_hash)
               i.shard, i.tenant_id, i.key_hash, i.request_id, i.fingerprint, v_now + p_key_window
        FROM unnest(p_shards, p_tenants, p_keys, p_requests, p_fingerprints) WITH ORDINALITY
          AS i (shard, tenant_id, key_hash, request_id, fingerprint, place)
        WHERE i.key_hash IS NOT NULL
        ORDER BY i.shard, i.tenant_id, i.key_hash, i.place
        ON CONFLICT (shard, tenant_id, key_hash) DO UPDATE
            SET request_id = EXCLUDED.request_id, fingerprint = EXCLUDED.fingerprint, expires_at = EXCLUDED.expires_at
            WHERE k.expires_at <= v_now;

        RETURN QUERY
        SELECT i.place::integer, k.request_id, k.fingerprint = i.fingerprint
        FROM unnest(p_shards, p_tenants, p_keys, p_requests, p_fingerprints) WITH ORDINALITY
          AS i (shard, tenant_id, key_hash, request_id, fingerprint, place)
        JOIN sluice.idempotency_key k ON k.shard = i.shard AND k.tenant_id = i.tenant_id AND k.key_hash = i.key_hash
        WHERE i.key_hash IS NOT NULL AND k.request_id <> i.request_id;

        SELECT coalesce(array_agg(i.place::integer), '{}') INTO v_passed
        FROM unnest(p_shards, p_tenants, p_keys, p_requests) WITH ORDINALITY AS i (shard, tenant_id, key_hash, request_id, place)
        JOIN sluice.idempotency_key k ON k.shard = i.shard AND k.tenant_id = i.tenant_id AND k.key_hash = i.key_hash
        WHERE i.key_hash IS NOT NULL AND k.request_id <> i.request_id;
    END IF;

    IF p_again THEN
        SELECT v_passed || coalesce(array_agg(i.place::integer), '{}') INTO v_passed
        FROM unnest(p_shards, p_tenants, p_requests) WITH ORDINALITY AS i (shard, tenant_id, request_id, place)
        JOIN sluice.request q ON q.shard = i.shard AND q.tenant_id = i.tenant_id AND q.request_id = i.request_id;
    END IF;

    WITH stored AS (
        INSERT INTO sluice.request (shard, tenant_id, request_id, destination_id, lanes, method, path, query, headers, body,
                                    received_at, due_at, expires_at)
        SELECT i.shard, i.tenant_id, i.request_id, i.destination_id, ARRAY[i.lane_id], i.method, i.path, i.query, i.headers, i.body,
               v_now, coalesce(i.due_at, v_now), i.expires_at
        FROM unnest(p_shards, p_tenants, p_destinations, p_lanes, p_requests, p_methods, p_paths, p_queries, p_headers, p_bodies,
                    p_dues, p_expiries) WITH ORDINALITY
          AS i (shard, tenant_id, destination_id, lane_id, request_id, method, path, query, headers, body, due_at, expires_at, place)
        WHERE i.place::integer <> ALL (v_passed)
        RETURNING shard, lanes[1] AS lane_id, due_at, request_id, octet_length(body) AS bytes)
    INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id, is_awaited)
    SELECT s.shard, 0, s.bytes, s.lane_id, s.due_at, s.request_id, CASE WHEN s.request_id = ANY (p_awaited) THEN true END FROM stored s;

    IF array_remove(p_expiries, NULL) <> '{}' THEN
        INSERT INTO sluice.expiry (shard, tenant_id, request_id, look_at)
        SELECT i.shard, i.tenant_id, i.request_id, i.expires_at
        FROM unnest(p_shards, p_tenants, p_requests, p_expiries) WITH ORDINALITY
          AS i (shard, tenant_id, request_id, expires_at, place)
        WHERE i.expires_at IS NOT NULL AND i.place::integer <> ALL (v_passed);
    END IF;
END $$;

COMMENT ON FUNCTION sluice.store IS 'Stores a batch of requests and makes them ready. Fails on a request id that is stored already, unless p_again says that some may be: then it stores the others. So a commit whose outcome is unknown is settled by calling it again. (ON CONFLICT DO NOTHING in its place costs a quarter more.) Returns the places (from 1) of items whose idempotency key stands for another request: is_same_payload tells a repeat from a conflict; neither is stored. An item without a due time is due now, by the database''s clock. p_awaited names the requests whose callers wait for the outcome.';

CREATE FUNCTION sluice.put_destination(
    p_shard smallint, p_tenant uuid, p_destination uuid, p_name text, p_base_url text,
    p_connect_timeout_ms integer, p_timeout_ms integer, p_max_in_flight integer, p_rate_per_second double precision,
    p_rate_burst integer, p_max_attempts smallint, p_backoff_base_ms integer, p_backoff_cap_ms integer, p_signing_secret bytea
) RETURNS TABLE (destination_id uuid, lane_id bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now         timestamptz := clock_timestamp();
    v_lease       interval := make_interval(secs => p_timeout_ms / 1000.0 + 15);
    v_destination uuid;
    v_lane        bigint;
BEGIN
    INSERT INTO sluice.destination AS d (shard, tenant_id, destination_id, name, base_url, connect_timeout_ms, timeout_ms,
        max_in_flight, rate_per_second, rate_burst, max_attempts, backoff_base_ms, backoff_cap_ms, signing_secret)
    VALUES (p_shard, p_tenant, p_destination, p_name, p_base_url, p_connect_timeout_ms, p_timeout_ms, p_max_in_flight,
        p_rate_per_second, p_rate_burst, p_max_attempts, p_backoff_base_ms, p_backoff_cap_ms, p_signing_secret)
    ON CONFLICT ON CONSTRAINT destination_name_is_unique DO UPDATE
        SET base_url = EXCLUDED.base_url, connect_timeout_ms = EXCLUDED.connect_timeout_ms, timeout_ms = EXCLUDED.timeout_ms,
            max_in_flight = EXCLUDED.max_in_flight, rate_per_second = EXCLUDED.rate_per_second, rate_burst = EXCLUDED.rate_burst,
            max_attempts = EXCLUDED.max_attempts, backoff_base_ms = EXCLUDED.backoff_base_ms,
            backoff_cap_ms = EXCLUDED.backoff_cap_ms, signing_secret = EXCLUDED.signing_secret
    RETURNING d.destination_id INTO v_destination;

    UPDATE sluice.lane l
    SET max_in_flight = p_max_in_flight, lease = v_lease, rate_per_second = p_rate_per_second, rate_burst = p_rate_burst,
        tokens = p_rate_burst, tokens_at = v_now
    WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND l.destination_id = v_destination
    RETURNING l.lane_id INTO v_lane;
    IF NOT FOUND THEN
        INSERT INTO sluice.lane AS l (shard, tenant_id, destination_id, gate, tenant_limit, max_in_flight, lease, rate_per_second, rate_burst, tokens, tokens_at)
        VALUES (p_shard, p_tenant, v_destination, sluice.lane_gate(p_tenant, 'auto', 'closed'),
            (SELECT t.max_in_flight FROM sluice.tenant t WHERE t.tenant_id = p_tenant), p_max_in_flight, v_lease,
            p_rate_per_second, p_rate_burst, p_rate_burst, v_now)
        RETURNING l.lane_id INTO v_lane;
    END IF;
    INSERT INTO sluice.circuit (shard, tenant_id, destination_id, state_since, stable_since)
    VALUES (p_shard, p_tenant, v_destination, v_now, v_now)
    ON CONFLICT (shard, tenant_id, destination_id) DO NOTHING;
    PERFORM sluice.config_changed('destination', p_shard, p_tenant, v_destination);
    RETURN QUERY SELECT v_destination, v_lane;
END $$;

COMMENT ON FUNCTION sluice.put_destination IS 'Makes a destination with its lane and circuit, or changes the one of that name. The lease of its deliveries is the time-out and 15 seconds.';

-- Storing requests.

CREATE FUNCTION sluice.store(
    p_shards smallint[], p_tenants uuid[], p_destinations uuid[], p_lanes bigint[], p_topics text[], p_fan_outs text[], p_requests uuid[],
    p_methods text[], p_paths text[], p_queries text[], p_headers text[], p_bodies bytea[],
    p_dues timestamptz[], p_expiries timestamptz[], p_keys bytea[], p_fingerprints bytea[], p_key_window interval, p_again boolean,
    p_awaited uuid[], p_stamps text[]
) RETURNS TABLE (place integer, request_id uuid, is_same_payload boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_passed  integer[] := '{}';
BEGIN
    IF array_remove(p_keys, NULL) <> '{}' THEN
        -- Most batches repeat no key: then this costs two thirds of what ON CONFLICT does (decision 006). In the keys' order:
        -- no deadlock.
        BEGIN
            INSERT INTO sluice.idempotency_key (shard, tenant_id, key_hash, request_id, fingerprint, expires_at)
            SELECT i.shard, i.tenant_id, i.key_hash, i.request_id, i.fingerprint, v_now + p_key_window
            FROM unnest(p_shards, p_tenants, p_keys, p_requests, p_fingerprints) AS i (shard, tenant_id, key_hash, request_id, fingerprint)
            WHERE i.key_hash IS NOT NULL
            ORDER BY i.shard, i.tenant_id, i.key_hash;
        EXCEPTION WHEN unique_violation THEN
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

            FOR place, request_id, is_same_payload IN
                SELECT i.place::integer, k.request_id, k.fingerprint = i.fingerprint
                FROM unnest(p_shards, p_tenants, p_keys, p_requests, p_fingerprints) WITH ORDINALITY
                  AS i (shard, tenant_id, key_hash, request_id, fingerprint, place)
                JOIN sluice.idempotency_key k ON k.shard = i.shard AND k.tenant_id = i.tenant_id AND k.key_hash = i.key_hash
                WHERE i.key_hash IS NOT NULL AND k.request_id <> i.request_id
            LOOP
                v_passed := v_passed || place;
                RETURN NEXT;
            END LOOP;
        END;
    END IF;

    IF p_again THEN
        SELECT v_passed || coalesce(array_agg(i.place::integer), '{}') INTO v_passed
        FROM unnest(p_shards, p_tenants, p_requests) WITH ORDINALITY AS i (shard, tenant_id, request_id, place)
        JOIN sluice.request q ON q.shard = i.shard AND q.tenant_id = i.tenant_id AND q.request_id = i.request_id;
    END IF;

    WITH stored AS (
        INSERT INTO sluice.request (shard, tenant_id, request_id, destination_id, topic, lanes, method, path, query, headers, body,
                                    received_at, due_at, expires_at, stamps)
        SELECT i.shard, i.tenant_id, i.request_id, i.destination_id, i.topic, coalesce(i.fan_out::bigint[], ARRAY[i.lane_id]),
               i.method, i.path, i.query, i.headers, i.body, v_now, coalesce(i.due_at, v_now), i.expires_at, i.stamps::json
        FROM unnest(p_shards, p_tenants, p_destinations, p_lanes, p_topics, p_fan_outs, p_requests, p_methods, p_paths, p_queries,
                    p_headers, p_bodies, p_dues, p_expiries, p_stamps) WITH ORDINALITY
          AS i (shard, tenant_id, destination_id, lane_id, topic, fan_out, request_id, method, path, query,
                headers, body, due_at, expires_at, stamps, place)
        WHERE i.place::integer <> ALL (v_passed)
        RETURNING shard, lanes, due_at, request_id, octet_length(body) AS bytes)
    INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id, is_awaited)
    SELECT s.shard, 0, s.bytes, unnest(s.lanes), s.due_at, s.request_id, CASE WHEN s.request_id = ANY (p_awaited) THEN true END FROM stored s;

    IF array_remove(p_expiries, NULL) <> '{}' THEN
        INSERT INTO sluice.expiry (shard, tenant_id, request_id, look_at)
        SELECT i.shard, i.tenant_id, i.request_id, i.expires_at
        FROM unnest(p_shards, p_tenants, p_requests, p_expiries) WITH ORDINALITY
          AS i (shard, tenant_id, request_id, expires_at, place)
        WHERE i.expires_at IS NOT NULL AND i.place::integer <> ALL (v_passed);
    END IF;
END $$;

COMMENT ON FUNCTION sluice.store IS 'Stores a batch of requests and makes them ready. Fails on a request id that is stored already, unless p_again says that some may be: then it stores the others. So a commit whose outcome is unknown is settled by calling it again. (ON CONFLICT DO NOTHING in its place costs a quarter more.) Returns the places (from 1) of items whose idempotency key stands for another request: is_same_payload tells a repeat from a conflict; neither is stored. An item for a topic has no destination and no lane, but a fan-out: its lanes as the text of an array, which may be empty. An item without a due time is due now, by the database''s clock. p_awaited names the requests whose callers wait for the outcome; p_stamps says what flags decided of each.';

-- Enqueueing with SQL, in a transaction of the caller's own: the request is stored if the caller's rows are.

CREATE FUNCTION sluice.tenant_named(p_name text) RETURNS sluice.tenant LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_tenant sluice.tenant;
BEGIN
    SELECT * INTO v_tenant FROM sluice.tenant t WHERE t.name = p_name AND t.state <> 'deleting';
    IF NOT FOUND THEN RAISE no_data_found USING MESSAGE = format('there is no tenant %s', p_name); END IF;
    RETURN v_tenant;
END $$;

COMMENT ON FUNCTION sluice.tenant_named IS 'The tenant of that name; fails with no_data_found where there is none, or it is being deleted.';

CREATE FUNCTION sluice.arm_after_commit(p_shards smallint[], p_lanes bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- A payload may have 8,000 bytes; a lane has at most 23. Equal ones of a transaction are sent once.
    FOR v_from IN 1..coalesce(cardinality(p_lanes), 0) BY 300 LOOP
        PERFORM pg_notify('sluice_arm', (
            SELECT string_agg(l.shard || ':' || l.lane_id, ',')
            FROM unnest(p_shards[v_from:v_from + 299], p_lanes[v_from:v_from + 299]) AS l (shard, lane_id)));
    END LOOP;
END $$;

COMMENT ON FUNCTION sluice.arm_after_commit IS 'For who writes in a transaction and can''t call sluice.arm after it: asks the workers, on the channel sluice_arm, to do so. A commit sends the notification, a rollback does not. It locks nothing, so a long transaction holds up no deliveries; what is lost with a worker''s connection a reconciliation finds, within half a minute.';

CREATE FUNCTION sluice.request_id_at(p_at timestamptz, p_random uuid) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000 * 4096 / 1000), 3, '0') || right(translate(p_random::text, '-', ''), 16))::uuid
    FROM (SELECT (extract(epoch FROM p_at) * 1000000)::bigint AS us) t
$$;

COMMENT ON FUNCTION sluice.request_id_at IS 'A UUIDv7 of that time, whose 12 bits after the milliseconds are their fraction (RFC 9562, section 6.2, method 3): ids of one session ascend. The other 62 bits are those of a random UUID.';

CREATE FUNCTION sluice.ordering_place(p_hash bytea, p_lanes integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (((('x' || left(h, 8))::bit(32)::bigint % p_lanes) * (4294967296 % p_lanes) + ('x' || right(h, 8))::bit(32)::bigint) % p_lanes)::integer
    FROM (SELECT left(encode(p_hash, 'hex'), 16) AS h) t
$$;

COMMENT ON FUNCTION sluice.ordering_place IS 'Which of an ordered destination''s lanes, from 0, by the first eight bytes of a hash. The same in the gateway (OrderingKey.swift) and for ever: a key that changed its lane would lose its order.';

CREATE FUNCTION sluice.payload_fingerprint(p_destination uuid, p_method text, p_path text, p_query text, p_body bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT substring(sha256(uuid_send(p_destination) || string_agg(length.bytes || convert_to(coalesce(part.text, ''), 'UTF8'), ''::bytea ORDER BY part.place) || p_body)
                     FROM 1 FOR 16)
    FROM unnest(ARRAY[p_method, p_path, p_query]) WITH ORDINALITY AS part (text, place)
    CROSS JOIN LATERAL (
        SELECT string_agg(substring(b FROM i FOR 1), ''::bytea ORDER BY i DESC) AS bytes
        FROM (SELECT int8send(coalesce(octet_length(convert_to(part.text, 'UTF8')), -1)::bigint) AS b) n, generate_series(1, 8) i) length
$$;

COMMENT ON FUNCTION sluice.payload_fingerprint IS 'What idempotency_key.fingerprint has, as the gateway computes it (IdempotencyKey.swift): a key may come by HTTP first and then by SQL.';

CREATE FUNCTION sluice.header_lines(p_headers jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_name  text;
    v_value jsonb;
    v_line  text;
    v_lines text := '';
BEGIN
    IF jsonb_typeof(p_headers) <> 'object' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'headers must be an object';
    END IF;
    FOR v_name, v_value IN SELECT * FROM jsonb_each(p_headers) LOOP
        IF v_name !~ '^[!#$%&''*+.^_`|~0-9A-Za-z-]+$' THEN
            RAISE invalid_parameter_value USING MESSAGE = format('"%s" is not a header''s name', left(v_name, 80));
        ELSIF lower(v_name) IN ('connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer',
                                'transfer-encoding', 'upgrade', 'http2-settings', 'host', 'content-length', 'expect')
              OR lower(v_name) LIKE 'sluice-%' THEN
            RAISE invalid_parameter_value USING MESSAGE = format('the header %s is set by the gateway', v_name);
        ELSIF jsonb_path_exists(v_value, 'strict $ ? (@.type() != "string" && @.type() != "array")')
              OR jsonb_path_exists(v_value, 'strict $ ? (@.type() == "array")[*] ? (@.type() != "string")') THEN
            RAISE invalid_parameter_value USING MESSAGE = format('the header %s must be a string or an array of strings', v_name);
        END IF;
        FOR v_line IN SELECT jsonb_path_query(v_value, 'lax $[*]') #>> '{}' LOOP
            IF v_line ~ '[\x01-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$' THEN
                RAISE invalid_parameter_value
                    USING MESSAGE = format('the header %s has control characters, or white space around its value', v_name);
            END IF;
            v_lines := v_lines || v_name || ': ' || v_line || E'\n';
        END LOOP;
    END LOOP;
    IF octet_length(v_lines) > 65536 THEN
        RAISE program_limit_exceeded USING MESSAGE = 'headers are larger than 65536 bytes';
    END IF;
    RETURN v_lines;
END $$;

COMMENT ON FUNCTION sluice.header_lines IS 'Headers as sluice.request has them, from an object whose values are strings or arrays of strings, as of envelopes. What no envelope may have fails with invalid_parameter_value, more than 64 KiB with program_limit_exceeded.';

CREATE FUNCTION sluice.enqueue(
    tenant text, destination text, body bytea, method text DEFAULT 'POST', path text DEFAULT '', query text DEFAULT NULL,
    headers jsonb DEFAULT '{}', due_at timestamptz DEFAULT NULL, expires_at timestamptz DEFAULT NULL, ordering_key text DEFAULT NULL,
    idempotency_key text DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    v_now         timestamptz := clock_timestamp();
    v_request     uuid := sluice.request_id_at(v_now, gen_random_uuid());
    v_tenant      sluice.tenant := sluice.tenant_named(tenant);
    v_shard       smallint := v_tenant.shard;
    v_destination uuid;
    v_deletion    text;
    v_lanes       bigint[];
    v_lane        bigint;
    v_earlier     record;
BEGIN
    IF v_tenant.state <> 'active' THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('the tenant %s is suspended', tenant);
    END IF;
    -- Until the commit the destination can't begin to be deleted; it can be changed.
    SELECT d.destination_id, d.deletion INTO v_destination, v_deletion FROM sluice.destination d
    WHERE d.shard = v_shard AND d.tenant_id = v_tenant.tenant_id AND d.name = destination FOR KEY SHARE;
    IF v_destination IS NULL THEN
        RAISE no_data_found USING MESSAGE = format('the tenant %s has no destination %s', tenant, destination);
    ELSIF v_deletion IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('the destination %s is being deleted', destination);
    END IF;

    due_at := CASE WHEN due_at > v_now THEN due_at END;
    IF body IS NULL OR method IS NULL OR path IS NULL OR headers IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'body, method, path and headers can''t be NULL';
    ELSIF method !~ '^[!#$%&''*+.^_`|~0-9A-Za-z-]{1,32}$' OR method = 'CONNECT' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'method is not one of HTTP''s';
    ELSIF path !~ '^(/[!"$->@-~]*)?$' OR query !~ '^[!"$-~]*$' OR octet_length(path) + coalesce(octet_length(query), 0) > 16384 THEN
        RAISE invalid_parameter_value
            USING MESSAGE = 'path must be empty or begin with a slash; path and query must be percent-encoded, and have at most 16384 bytes';
    ELSIF octet_length(body) > coalesce(v_tenant.max_body_bytes, 67108864) THEN
        RAISE program_limit_exceeded
            USING MESSAGE = format('the body is larger than %s bytes', coalesce(v_tenant.max_body_bytes, 67108864));
    ELSIF due_at > v_now + interval '90 days' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'due_at is more than 90 days ahead';
    ELSIF expires_at <= coalesce(due_at, v_now) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'expires_at is not after now and due_at';
    ELSIF octet_length(ordering_key) NOT BETWEEN 1 AND 255 OR octet_length(idempotency_key) NOT BETWEEN 1 AND 255
          OR idempotency_key ~ '[\x01-\x1f\x7f]' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'ordering_key and idempotency_key must be of 1 to 255 bytes, the latter none of control';
    END IF;

    SELECT array_agg(l.lane_id ORDER BY l.lane_id) INTO v_lanes FROM sluice.lane l
    WHERE l.shard = v_shard AND l.tenant_id = v_tenant.tenant_id AND l.destination_id = v_destination;
    v_lane := v_lanes[1 + sluice.ordering_place(
        coalesce(sha256(convert_to(ordering_key, 'UTF8')), substring(uuid_send(v_request) FROM 9)), cardinality(v_lanes))];

    SELECT s.request_id, s.is_same_payload INTO v_earlier FROM sluice.store(
        ARRAY[v_shard], ARRAY[v_tenant.tenant_id], ARRAY[v_destination], ARRAY[v_lane], ARRAY[NULL::text], ARRAY[NULL::text],
        ARRAY[v_request], ARRAY[method], ARRAY[path], ARRAY[query], ARRAY[sluice.header_lines(headers)], ARRAY[body],
        ARRAY[due_at], ARRAY[expires_at],
        ARRAY[CASE WHEN idempotency_key IS NOT NULL THEN substring(sha256(convert_to(idempotency_key, 'UTF8')) FROM 1 FOR 16) END],
        ARRAY[CASE WHEN idempotency_key IS NOT NULL
                   THEN sluice.payload_fingerprint(v_destination, method, path, query, body) END],
        interval '1 day', false, '{}', ARRAY[NULL::text]) s;
    IF v_earlier.is_same_payload THEN
        RETURN v_earlier.request_id;
    ELSIF v_earlier.request_id IS NOT NULL THEN
        RAISE unique_violation USING MESSAGE = 'the idempotency key stands for another payload', CONSTRAINT = 'idempotency_key_is_of_one_payload';
    END IF;
    PERFORM sluice.arm_after_commit(ARRAY[v_shard], ARRAY[v_lane]);
    RETURN v_request;
END $$;

COMMENT ON FUNCTION sluice.enqueue(text, text, bytea, text, text, text, jsonb, timestamptz, timestamptz, text, text) IS 'Stores a request for a destination, as POST /v1/requests does, in the caller''s transaction: it is delivered after the commit, and a rollback leaves nothing. Returns its id; with an idempotency key that stands for the same payload already, for a day, that of the earlier request. Calls with one ordering key arrive in the order of their calls where their transactions don''t overlap. Quotas of rate and of what may wait do not apply. Until the commit its destination can''t begin to be deleted.';

CREATE FUNCTION sluice.enqueue(
    tenant text, destination text, body text, method text DEFAULT 'POST', path text DEFAULT '', query text DEFAULT NULL,
    headers jsonb DEFAULT '{}', due_at timestamptz DEFAULT NULL, expires_at timestamptz DEFAULT NULL, ordering_key text DEFAULT NULL,
    idempotency_key text DEFAULT NULL
) RETURNS uuid LANGUAGE sql AS $$
    SELECT sluice.enqueue(tenant, destination, convert_to(body, 'UTF8'), method, path, query, headers, due_at, expires_at, ordering_key, idempotency_key)
$$;

COMMENT ON FUNCTION sluice.enqueue(text, text, text, text, text, text, jsonb, timestamptz, timestamptz, text, text) IS 'The same with a body of text, in UTF-8.';

-- What operators do to tenants, who does what to API keys, and what a tenant may have in flight.

CREATE FUNCTION sluice.create_tenant(p_tenant uuid, p_name text, p_shard smallint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sluice.tenant (tenant_id, name, shard) VALUES (p_tenant, p_name, p_shard)
    ON CONFLICT ON CONSTRAINT tenant_name_is_unique DO NOTHING;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM sluice.config_changed('tenant', p_shard, p_tenant, p_tenant);
    RETURN true;
END $$;

COMMENT ON FUNCTION sluice.create_tenant IS 'Makes a tenant; false where there is one of that name.';

CREATE FUNCTION sluice.change_quotas(p_name text, p_quotas text[], p_values double precision[]) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_tenant sluice.tenant;
    v_value  double precision;
BEGIN
    SELECT * INTO v_tenant FROM sluice.tenant t WHERE t.name = p_name AND t.state <> 'deleting' FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    FOR i IN 1..cardinality(p_quotas) LOOP
        v_value := p_values[i];
        CASE p_quotas[i]
            WHEN 'ingest_rate' THEN v_tenant.ingest_rate := v_value;
            WHEN 'ingest_burst' THEN v_tenant.ingest_burst := v_value;
            WHEN 'max_waiting' THEN v_tenant.max_waiting := v_value;
            WHEN 'max_in_flight' THEN v_tenant.max_in_flight := v_value;
            WHEN 'max_body_bytes' THEN v_tenant.max_body_bytes := v_value;
        END CASE;
    END LOOP;
    UPDATE sluice.tenant t
    SET ingest_rate = v_tenant.ingest_rate, ingest_burst = v_tenant.ingest_burst, max_waiting = v_tenant.max_waiting,
        max_in_flight = v_tenant.max_in_flight, max_body_bytes = v_tenant.max_body_bytes
    WHERE t.tenant_id = v_tenant.tenant_id;
    UPDATE sluice.lane l SET tenant_limit = v_tenant.max_in_flight
    WHERE l.shard = v_tenant.shard AND l.tenant_id = v_tenant.tenant_id AND l.tenant_limit IS DISTINCT FROM v_tenant.max_in_flight;
    PERFORM sluice.config_changed('tenant', v_tenant.shard, v_tenant.tenant_id, v_tenant.tenant_id);
    RETURN true;
END $$;

COMMENT ON FUNCTION sluice.change_quotas IS 'Sets the quotas named; NULL is the gateway''s. The others stay as they are. False where there is no such tenant, or it is being deleted.';

CREATE FUNCTION sluice.set_tenant_state(p_name text, p_state sluice.tenant_state) RETURNS TABLE (shard smallint, lane_id bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now    timestamptz;
    v_tenant sluice.tenant;
BEGIN
    SELECT * INTO v_tenant FROM sluice.tenant t WHERE t.name = p_name FOR NO KEY UPDATE;
    IF NOT FOUND OR v_tenant.state = 'deleting' THEN
        RAISE EXCEPTION 'there is no tenant %', p_name USING ERRCODE = 'no_data_found';
    END IF;
    IF v_tenant.state = p_state THEN RETURN; END IF;
    v_now := clock_timestamp();
    UPDATE sluice.tenant t SET state = p_state, state_since = v_now WHERE t.tenant_id = v_tenant.tenant_id;
    IF p_state = 'active' THEN
        RETURN QUERY
        UPDATE sluice.lane l SET gate = sluice.lane_gate(l.tenant_id, c.mode, c.state)
        FROM sluice.circuit c
        WHERE l.shard = v_tenant.shard AND l.tenant_id = v_tenant.tenant_id
          AND c.shard = l.shard AND c.tenant_id = l.tenant_id AND c.destination_id = l.destination_id
        RETURNING l.shard, l.lane_id;
    ELSE
        UPDATE sluice.lane l SET gate = 'hold', armed = false, next_due_at = NULL
        WHERE l.shard = v_tenant.shard AND l.tenant_id = v_tenant.tenant_id;
    END IF;
    PERFORM sluice.config_changed('tenant', v_tenant.shard, v_tenant.tenant_id, v_tenant.tenant_id);
END $$;

COMMENT ON FUNCTION sluice.set_tenant_state IS 'Suspends, resumes or deletes a tenant, in force with the commit: nothing more is claimed of one that is not active. Returns the lanes whose gates may have opened, which the caller arms after the commit. What a deleted tenant has is removed by sluice.remove_tenants.';

CREATE FUNCTION sluice.remove_rows(p_shard smallint, p_tenant uuid, p_rows integer, p_with_lanes boolean) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_lanes   bigint[];
    v_table   name;
    v_owner   text;
    v_deleted integer;
BEGIN
    -- A circuit that was judged meanwhile may have been about to open its gate.
    UPDATE sluice.lane l SET gate = 'hold', armed = false, next_due_at = NULL
    WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND (l.gate = 'pass' OR l.armed);
    SELECT coalesce(array_agg(l.lane_id), '{}') INTO v_lanes
    FROM sluice.lane l WHERE l.shard = p_shard AND l.tenant_id = p_tenant;
    -- What is in flight first: then no report finds its token, and none writes. Lanes last: they name what waits.
    FOR v_table, v_owner IN
        SELECT c.relname, CASE WHEN c.relname = 'in_flight' OR NOT 'tenant_id' = ANY (columns.names)
                               THEN 'lane_id = ANY ($3)' ELSE 'tenant_id = $2' END
        FROM pg_class c
        CROSS JOIN LATERAL (
            SELECT array_agg(a.attname) AS names FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) columns
        WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('tenant', 'config_change')
          AND (p_with_lanes OR c.relname <> 'lane')
          AND 'shard' = ANY (columns.names) AND ('tenant_id' = ANY (columns.names) OR 'lane_id' = ANY (columns.names))
        ORDER BY c.relname <> 'in_flight', 'tenant_id' = ANY (columns.names), c.relname = 'lane', c.relname
    LOOP
        EXECUTE format(
            'DELETE FROM ONLY sluice.%I WHERE ctid = ANY (ARRAY(SELECT ctid FROM ONLY sluice.%I WHERE shard = $1 AND %s LIMIT $4))',
            v_table, v_table, v_owner) USING p_shard, p_tenant, v_lanes, p_rows;
        GET DIAGNOSTICS v_deleted = ROW_COUNT;
        IF v_deleted > 0 THEN RETURN v_deleted; END IF;
    END LOOP;
    RETURN 0;
END $$;

COMMENT ON FUNCTION sluice.remove_rows IS 'Deletes up to p_rows rows of a tenant from the first table that has any; the catalogue says which tables there are. Returns how many; 0: nothing is left but the tenant''s own row, and its lanes where they are to stay.';

CREATE FUNCTION sluice.remove_tenants(p_rows integer, p_grace interval) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_tenant  sluice.tenant;
    v_now     timestamptz := clock_timestamp();
    v_deleted integer;
BEGIN
    FOR v_tenant IN SELECT * FROM sluice.tenant t WHERE t.state = 'deleting' ORDER BY t.state_since LOOP
        v_deleted := sluice.remove_rows(v_tenant.shard, v_tenant.tenant_id, p_rows, v_tenant.state_since < v_now - p_grace);
        IF v_deleted = 0 AND v_tenant.state_since < v_now - p_grace THEN
            DELETE FROM sluice.tenant t WHERE t.tenant_id = v_tenant.tenant_id;
            PERFORM sluice.config_changed('tenant', v_tenant.shard, v_tenant.tenant_id, v_tenant.tenant_id);
            v_deleted := 1;
        END IF;
        IF v_deleted > 0 THEN RETURN v_deleted; END IF;
    END LOOP;
    RETURN 0;
END $$;

COMMENT ON FUNCTION sluice.remove_tenants IS 'One batch of removing tenants that are being deleted. The lanes and the tenant''s row go last, and not before the grace is over: until then a process that has not heard of the deletion may still store. It has the owner''s rights, for the partitions. Returns the rows deleted; 0: there is nothing to do now.';

CREATE FUNCTION sluice.forget_changes(p_before interval) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_before  timestamptz := clock_timestamp() - p_before;
    v_deleted integer;
BEGIN
    DELETE FROM sluice.config_change c WHERE c.at < v_before;
    GET DIAGNOSTICS v_deleted = ROW_COUNT;
    RETURN v_deleted;
END $$;

COMMENT ON FUNCTION sluice.forget_changes IS 'Forgets changes of the configuration that are older than every process that runs should be behind.';

CREATE FUNCTION sluice.create_api_key(
    p_shard smallint, p_tenant uuid, p_key uuid, p_hash bytea, p_label text, p_scopes text[], p_expires_at timestamptz,
    p_environment text, p_limit integer
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    PERFORM FROM sluice.tenant t WHERE t.tenant_id = p_tenant FOR NO KEY UPDATE;
    DELETE FROM sluice.api_key k
    WHERE k.shard = p_shard AND k.tenant_id = p_tenant AND least(k.revoked_at, k.expires_at) < v_now - interval '30 days';
    IF (SELECT count(*) FROM sluice.api_key k WHERE k.shard = p_shard AND k.tenant_id = p_tenant
            AND k.revoked_at IS NULL AND (k.expires_at > v_now) IS NOT FALSE) >= p_limit THEN RETURN false; END IF;
    INSERT INTO sluice.api_key (shard, tenant_id, key_id, key_hash, label, scopes, expires_at, environment)
    VALUES (p_shard, p_tenant, p_key, p_hash, p_label, p_scopes, p_expires_at, p_environment);
    PERFORM sluice.config_changed('key', p_shard, p_tenant, p_key);
    RETURN true;
END $$;

COMMENT ON FUNCTION sluice.create_api_key IS 'Stores the hash of a tenant''s new key; false where the tenant has as many valid keys as it may. Keys that ended a month ago are forgotten.';

CREATE FUNCTION sluice.revoke_api_key(p_shard smallint, p_tenant uuid, p_key uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    UPDATE sluice.api_key k SET revoked_at = v_now
    WHERE k.shard = p_shard AND k.tenant_id = p_tenant AND k.key_id = p_key AND k.revoked_at IS NULL;
    IF FOUND THEN
        PERFORM sluice.config_changed('key', p_shard, p_tenant, p_key);
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT FROM sluice.api_key k WHERE k.shard = p_shard AND k.tenant_id = p_tenant AND k.key_id = p_key);
END $$;

COMMENT ON FUNCTION sluice.revoke_api_key IS 'Ends a key for good; false where the tenant has none of that id.';

CREATE FUNCTION sluice.rotate_api_key(
    p_shard smallint, p_tenant uuid, p_old uuid, p_new uuid, p_hash bytea, p_overlap interval, p_expires_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_old sluice.api_key;
BEGIN
    SELECT * INTO v_old FROM sluice.api_key k
    WHERE k.shard = p_shard AND k.tenant_id = p_tenant AND k.key_id = p_old
      AND k.revoked_at IS NULL AND (k.expires_at > v_now) IS NOT FALSE
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    INSERT INTO sluice.api_key (shard, tenant_id, key_id, key_hash, label, scopes, expires_at, environment)
    VALUES (p_shard, p_tenant, p_new, p_hash, v_old.label, v_old.scopes, p_expires_at, v_old.environment);
    UPDATE sluice.api_key k SET expires_at = least(k.expires_at, v_now + p_overlap)
    WHERE k.shard = p_shard AND k.tenant_id = p_tenant AND k.key_id = p_old;
    PERFORM sluice.config_changed('key', p_shard, p_tenant, p_new);
    PERFORM sluice.config_changed('key', p_shard, p_tenant, p_old);
    RETURN true;
END $$;

COMMENT ON FUNCTION sluice.rotate_api_key IS 'Makes a new key with the label, scopes and environment of an old one, which ends when the overlap is over; false where the old one is not valid.';

CREATE FUNCTION sluice.note_key_uses(p_shards smallint[], p_tenants uuid[], p_keys uuid[], p_times timestamptz[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_noted integer;
BEGIN
    UPDATE sluice.api_key k SET last_used_at = u.used_at
    FROM (SELECT * FROM unnest(p_shards, p_tenants, p_keys, p_times) AS u (shard, tenant_id, key_id, used_at)
          ORDER BY u.shard, u.tenant_id, u.key_id) u
    WHERE k.shard = u.shard AND k.tenant_id = u.tenant_id AND k.key_id = u.key_id
      AND (k.last_used_at < u.used_at) IS NOT FALSE;
    GET DIAGNOSTICS v_noted = ROW_COUNT;
    RETURN v_noted;
END $$;

COMMENT ON FUNCTION sluice.note_key_uses IS 'Records when keys were last used. No change of the configuration: no process needs to know.';

CREATE FUNCTION sluice.tenant_in_flight(p_shard smallint, p_tenant uuid) RETURNS bigint
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    SELECT count(*) FROM sluice.lane l
    JOIN sluice.in_flight f ON f.shard = l.shard AND f.lane_id = l.lane_id
    WHERE l.shard = p_shard AND l.tenant_id = p_tenant
$$;

COMMENT ON FUNCTION sluice.tenant_in_flight IS 'Deliveries of a tenant that are in flight, over all its lanes.';

CREATE FUNCTION sluice.tenant_shares(p_shard smallint, p_lanes bigint[]) RETURNS integer[]
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_shares integer[] := array_fill(NULL::integer, ARRAY[cardinality(p_lanes)]);
    v_tenant record;
    v_room   integer;
    v_count  integer;
BEGIN
    FOR v_tenant IN
        SELECT l.tenant_id, min(l.tenant_limit) AS limit, array_agg(asked.place::integer ORDER BY asked.place) AS places
        FROM unnest(p_lanes) WITH ORDINALITY AS asked (lane_id, place)
        JOIN sluice.lane l ON l.shard = p_shard AND l.lane_id = asked.lane_id
        WHERE l.tenant_limit IS NOT NULL
        GROUP BY l.tenant_id ORDER BY l.tenant_id
    LOOP
        -- Until the claim's commit, against another claim of other lanes of the tenant. In the tenants' order: no deadlock.
        PERFORM pg_advisory_xact_lock(hashtextextended(v_tenant.tenant_id::text, 0));
        v_room := greatest(0, v_tenant.limit - sluice.tenant_in_flight(p_shard, v_tenant.tenant_id));
        v_count := cardinality(v_tenant.places);
        FOR i IN 1..v_count LOOP
            v_shares[v_tenant.places[i]] := v_room / v_count + (i <= v_room % v_count)::integer;
        END LOOP;
    END LOOP;
    RETURN v_shares;
END $$;

COMMENT ON FUNCTION sluice.tenant_shares IS 'How many deliveries a claim may take from each of the lanes that it has locked, where their tenants have limits; NULL where not. What a tenant has left is divided evenly: a lane that leaves some of its share is disarmed, and the next claim divides among the others.';

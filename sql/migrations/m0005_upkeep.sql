-- Partitions and retention, run by the leader.

CREATE FUNCTION sluice.first_request_id(p_day date) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM p_day::timestamp) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

COMMENT ON FUNCTION sluice.first_request_id IS 'The smallest UUIDv7 of a day, in UTC: 48 bits of milliseconds, then zeros.';

CREATE FUNCTION sluice.ensure_partitions(p_from date, p_days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    v_table text;
    v_day   date;
    v_name  text;
    v_made  integer := 0;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['request', 'attempt'] LOOP
        FOR v_offset IN 0..p_days - 1 LOOP
            v_day := p_from + v_offset;
            v_name := v_table || '_' || to_char(v_day, 'YYYYMMDD');
            CONTINUE WHEN to_regclass('sluice.' || v_name) IS NOT NULL;
            -- Attaching takes a weaker lock on the parent than CREATE TABLE ... PARTITION OF.
            EXECUTE format('CREATE TABLE sluice.%I (LIKE sluice.%I INCLUDING ALL)', v_name, v_table);
            EXECUTE format('ALTER TABLE sluice.%I ATTACH PARTITION sluice.%I FOR VALUES FROM (%L) TO (%L)',
                v_table, v_name, sluice.first_request_id(v_day), sluice.first_request_id(v_day + 1));
            v_made := v_made + 1;
        END LOOP;
    END LOOP;
    RETURN v_made;
END $$;

COMMENT ON FUNCTION sluice.ensure_partitions IS 'Makes the missing day partitions of request and attempt; returns how many.';

CREATE FUNCTION sluice.drop_partitions(p_before date) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    v_suffix  text;
    v_lower   uuid;
    v_upper   uuid;
    v_dropped text[] := '{}';
BEGIN
    FOR v_suffix IN
        SELECT substr(c.relname, 9) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        -- Compared as names: the planner may ask this of all relations first, of which most have no date to be cast.
        WHERE i.inhparent = 'sluice.request'::regclass AND c.relname < 'request_' || to_char(p_before, 'YYYYMMDD')
        ORDER BY 1
    LOOP
        v_lower := sluice.first_request_id(v_suffix::date);
        v_upper := sluice.first_request_id(v_suffix::date + 1);
        -- One statement, so one snapshot: work that moves between these tables is in one of them at any time.
        CONTINUE WHEN EXISTS (SELECT FROM sluice.ready w WHERE w.request_id >= v_lower AND w.request_id < v_upper)
                   OR EXISTS (SELECT FROM sluice.in_flight f WHERE f.request_id >= v_lower AND f.request_id < v_upper)
                   OR EXISTS (SELECT FROM sluice.dead_letter d WHERE d.request_id >= v_lower AND d.request_id < v_upper);
        -- A replay may have made a request of the day live since that look. It reads the request first, so none can from
        -- here on; the locks are given back with the transaction that drops.
        EXECUTE format('LOCK TABLE sluice.%I IN ACCESS EXCLUSIVE MODE', 'request_' || v_suffix);
        CONTINUE WHEN EXISTS (SELECT FROM sluice.ready w WHERE w.request_id >= v_lower AND w.request_id < v_upper)
                   OR EXISTS (SELECT FROM sluice.in_flight f WHERE f.request_id >= v_lower AND f.request_id < v_upper);
        EXECUTE format('DROP TABLE sluice.%I', 'request_' || v_suffix);
        EXECUTE format('DROP TABLE IF EXISTS sluice.%I', 'attempt_' || v_suffix);
        v_dropped := v_dropped || v_suffix;
    END LOOP;
    RETURN v_dropped;
END $$;

COMMENT ON FUNCTION sluice.drop_partitions IS 'Drops the partitions of days before p_before that no waiting, claimed or dead delivery refers to; returns their days.';

CREATE FUNCTION sluice.expire_idempotency_keys(p_shards smallint[], p_rows integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_deleted integer;
BEGIN
    WITH expired AS MATERIALIZED (
        SELECT k.shard, k.tenant_id, k.key_hash FROM sluice.idempotency_key k
        WHERE k.shard = ANY (p_shards) AND k.expires_at <= v_now
        LIMIT p_rows FOR UPDATE SKIP LOCKED)
    DELETE FROM sluice.idempotency_key k USING expired e
    WHERE k.shard = e.shard AND k.tenant_id = e.tenant_id AND k.key_hash = e.key_hash;
    GET DIAGNOSTICS v_deleted = ROW_COUNT;
    RETURN v_deleted;
END $$;

COMMENT ON FUNCTION sluice.expire_idempotency_keys IS 'Deletes up to p_rows keys whose window is over; returns how many.';

SELECT sluice.ensure_partitions((now() AT TIME ZONE 'UTC')::date - 1, 4);

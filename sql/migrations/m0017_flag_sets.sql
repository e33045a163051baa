-- Sets of flags as a whole, and how flags are used.

CREATE TABLE sluice.flag_use (
    shard       smallint NOT NULL,
    tenant_id   uuid NOT NULL,
    environment text NOT NULL,
    key         text NOT NULL,
    day         date NOT NULL,
    variant     text NOT NULL,
    count       bigint NOT NULL,
    last_at     timestamptz NOT NULL,
    PRIMARY KEY (shard, tenant_id, environment, key, day, variant)
);

COMMENT ON TABLE sluice.flag_use IS 'How often flags were evaluated, by day (UTC) and variant. API processes add to it once a minute; a crash of one loses the last minute.';
COMMENT ON COLUMN sluice.flag_use.variant IS 'Empty where there was none: the flag is disabled, has no default, or failed.';

CREATE FUNCTION sluice.put_flag_set(
    p_shard smallint, p_tenant uuid, p_environment text, p_bucketing smallint, p_evaluators text, p_metadata text, p_expected bigint,
    p_actor text, p_reason text, p_environments integer, p_flags integer, p_bytes bigint, OUT answer text, OUT set_version bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_set sluice.flag_set := sluice.lock_flag_set(p_shard, p_tenant, p_environment, p_environments);
    v_now timestamptz := clock_timestamp();
BEGIN
    IF v_set.set_id IS NULL THEN
        answer := 'too_many_environments';
        RETURN;
    END IF;
    IF v_set.version <> p_expected THEN
        answer := 'changed';
        RETURN;
    END IF;
    IF v_set.version > 0 AND v_set.bucketing <> p_bucketing THEN
        answer := 'fixed';
        RETURN;
    END IF;
    v_set.evaluators := p_evaluators::jsonb;
    v_set.metadata := p_metadata::jsonb;
    UPDATE sluice.flag_set s SET bucketing = p_bucketing, evaluators = v_set.evaluators, metadata = v_set.metadata
    WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.environment = p_environment;
    IF NOT sluice.flag_set_fits(v_set, p_flags, p_bytes) THEN
        RAISE program_limit_exceeded USING MESSAGE = 'the flag set is full';
    END IF;
    INSERT INTO sluice.flag_revision (shard, tenant_id, environment, key, version, set_version, definition, source, actor, reason, created_at)
    VALUES (p_shard, p_tenant, p_environment, '$set', v_set.version + 1, v_set.version + 1,
            jsonb_build_object('$evaluators', v_set.evaluators, 'metadata', v_set.metadata), 'edit', p_actor, p_reason, v_now);
    set_version := sluice.publish_flag_set(v_set);
    answer := 'put';
END $$;

COMMENT ON FUNCTION sluice.put_flag_set IS 'Makes an environment, or changes its evaluators and metadata. p_expected is the set''s version, 0 where there must be none, NULL: any. Answers put, changed, fixed (its bucketing can''t be changed), or too_many_environments.';

CREATE FUNCTION sluice.import_flags(
    p_shard smallint, p_tenant uuid, p_environment text, p_evaluators text, p_metadata text, p_keys text[], p_definitions text[],
    p_value_types text[], p_flag_evaluators text[], p_prune boolean, p_expected bigint, p_actor text, p_reason text,
    p_environments integer, p_flags integer, p_bytes bigint,
    OUT answer text, OUT set_version bigint, OUT created integer, OUT changed integer, OUT archived integer
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_set  sluice.flag_set := sluice.lock_flag_set(p_shard, p_tenant, p_environment, p_environments);
    v_now  timestamptz := clock_timestamp();
    v_flag sluice.flag;
    v_old  sluice.flag;
BEGIN
    created := 0;
    changed := 0;
    archived := 0;
    IF v_set.set_id IS NULL THEN
        answer := 'too_many_environments';
        RETURN;
    END IF;
    IF v_set.version <> p_expected THEN
        answer := 'changed';
        RETURN;
    END IF;
    FOR i IN 1..cardinality(p_keys) LOOP
        SELECT * INTO v_old FROM sluice.flag f
        WHERE f.shard = p_shard AND f.tenant_id = p_tenant AND f.environment = p_environment AND f.key = p_keys[i];
        v_flag := v_old;
        v_flag.key := p_keys[i];
        v_flag.definition := p_definitions[i]::jsonb;
        v_flag.value_type := p_value_types[i];
        v_flag.evaluator := coalesce(v_old.evaluator, nullif(p_flag_evaluators[i], '')::jsonb);
        v_flag.client_visible := coalesce(v_old.client_visible, false);
        v_flag.permanent := coalesce(v_old.permanent, false);
        v_flag.tags := coalesce(v_old.tags, '{}');
        v_flag.archived_at := NULL;
        CONTINUE WHEN v_old IS NOT DISTINCT FROM v_flag;
        PERFORM sluice.write_flag(v_set, v_flag, 'import', p_actor, p_reason);
        IF v_old.version IS NULL THEN created := created + 1; ELSE changed := changed + 1; END IF;
    END LOOP;
    FOR v_flag IN
        SELECT * FROM sluice.flag f
        WHERE p_prune AND f.shard = p_shard AND f.tenant_id = p_tenant AND f.environment = p_environment AND f.archived_at IS NULL
          AND f.key <> ALL (p_keys)
    LOOP
        v_flag := sluice.end_rollout(v_flag);
        v_flag.archived_at := v_now;
        PERFORM sluice.write_flag(v_set, v_flag, 'import', p_actor, p_reason);
        archived := archived + 1;
    END LOOP;
    answer := 'put';
    set_version := v_set.version;
    IF v_set.version > 0 AND created + changed + archived = 0
       AND (v_set.evaluators, v_set.metadata) = (p_evaluators::jsonb, p_metadata::jsonb) THEN RETURN; END IF;
    IF (v_set.evaluators, v_set.metadata) <> (p_evaluators::jsonb, p_metadata::jsonb) THEN
        v_set.evaluators := p_evaluators::jsonb;
        v_set.metadata := p_metadata::jsonb;
        UPDATE sluice.flag_set s SET evaluators = v_set.evaluators, metadata = v_set.metadata
        WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.environment = p_environment;
        INSERT INTO sluice.flag_revision (shard, tenant_id, environment, key, version, set_version, definition, source, actor, reason, created_at)
        VALUES (p_shard, p_tenant, p_environment, '$set', v_set.version + 1, v_set.version + 1,
                jsonb_build_object('$evaluators', v_set.evaluators, 'metadata', v_set.metadata), 'import', p_actor, p_reason, v_now);
    END IF;
    IF NOT sluice.flag_set_fits(v_set, p_flags, p_bytes) THEN
        RAISE program_limit_exceeded USING MESSAGE = 'the flag set is full';
    END IF;
    set_version := sluice.publish_flag_set(v_set);
END $$;

COMMENT ON FUNCTION sluice.import_flags IS 'Makes the flags of a document what it says, in one version of the set; flags that it does not name are archived with p_prune, and left alone without. Settings stay as they are, and so does what a rollout decides; a flag that never had one takes p_flag_evaluators. Nothing is written where nothing changes. Answers as sluice.put_flag_set.';

CREATE FUNCTION sluice.note_flag_uses(
    p_shards smallint[], p_tenants uuid[], p_environments text[], p_keys text[], p_days integer[], p_variants text[], p_counts bigint[],
    p_times timestamptz[]
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_noted integer;
BEGIN
    INSERT INTO sluice.flag_use AS u (shard, tenant_id, environment, key, day, variant, count, last_at)
    SELECT n.shard, n.tenant_id, n.environment, n.key, date '1970-01-01' + n.day, n.variant, n.count, n.at
    FROM unnest(p_shards, p_tenants, p_environments, p_keys, p_days, p_variants, p_counts, p_times)
         AS n (shard, tenant_id, environment, key, day, variant, count, at)
    -- A tenant that was deleted meanwhile leaves no rows behind.
    JOIN sluice.flag f ON f.shard = n.shard AND f.tenant_id = n.tenant_id AND f.environment = n.environment AND f.key = n.key
    ORDER BY n.shard, n.tenant_id, n.environment, n.key, n.day, n.variant
    ON CONFLICT ON CONSTRAINT flag_use_pkey DO UPDATE
        SET count = u.count + EXCLUDED.count, last_at = greatest(u.last_at, EXCLUDED.last_at);
    GET DIAGNOSTICS v_noted = ROW_COUNT;
    RETURN v_noted;
END $$;

COMMENT ON FUNCTION sluice.note_flag_uses IS 'Adds evaluations to the counts of flags that are there; days are counted from 1970-01-01.';

CREATE FUNCTION sluice.forget_flag_uses(p_before interval) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_before  date := ((clock_timestamp() - p_before) AT TIME ZONE 'UTC')::date;
    v_deleted integer;
BEGIN
    DELETE FROM sluice.flag_use u WHERE u.day < v_before;
    GET DIAGNOSTICS v_deleted = ROW_COUNT;
    RETURN v_deleted;
END $$;

COMMENT ON FUNCTION sluice.forget_flag_uses IS 'Forgets counts of evaluations of days before that.';

CREATE FUNCTION sluice.flag_staleness(p_shard smallint, p_tenant uuid, p_environment text, p_days integer) RETURNS TABLE (
    key text, owner text, permanent boolean, updated_at timestamptz, last_evaluated_at timestamptz, evaluations bigint, variants text[],
    stale text
) LANGUAGE sql STABLE AS $$
    SELECT f.key, f.owner, f.permanent, f.updated_at, u.last_at, coalesce(u.evaluations, 0), coalesce(u.variants, '{}'),
           CASE WHEN f.permanent OR f.created_at > clock_timestamp() - make_interval(days => p_days) THEN NULL
                WHEN u.last_at IS NULL THEN 'not_evaluated'
                WHEN cardinality(u.variants) = 1 AND f.updated_at <= clock_timestamp() - make_interval(days => p_days) THEN 'one_variant'
           END
    FROM sluice.flag f
    LEFT JOIN LATERAL (
        SELECT max(u.last_at) AS last_at, sum(u.count)::bigint AS evaluations, array_agg(DISTINCT u.variant) AS variants
        FROM sluice.flag_use u
        WHERE u.shard = f.shard AND u.tenant_id = f.tenant_id AND u.environment = f.environment AND u.key = f.key
          AND u.day >= (clock_timestamp() AT TIME ZONE 'UTC')::date - p_days) u ON true
    WHERE f.shard = p_shard AND f.tenant_id = p_tenant AND f.environment = p_environment AND f.archived_at IS NULL
    ORDER BY f.key
$$;

COMMENT ON FUNCTION sluice.flag_staleness IS 'How the flags of an environment were used in so many days, and which of them are stale: not evaluated at all (not_evaluated), or unchanged and the same for everyone (one_variant). NULL: permanent, younger than that, or in use.';

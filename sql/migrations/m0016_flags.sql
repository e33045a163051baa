-- Feature flags of tenants: definitions as flagd has them, and every version of them. Processes hold the sets in memory: no
-- evaluation reads these tables.

CREATE TABLE sluice.flag_set (
    shard       smallint NOT NULL,
    tenant_id   uuid NOT NULL,
    environment text NOT NULL CONSTRAINT environment_is_a_slug CHECK (environment ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    set_id      uuid NOT NULL,
    version     bigint NOT NULL DEFAULT 0,
    bucketing   smallint NOT NULL DEFAULT 3 CONSTRAINT bucketing_is_2_or_3 CHECK (bucketing IN (2, 3)),
    evaluators  jsonb NOT NULL DEFAULT '{}' CONSTRAINT evaluators_are_an_object CHECK (jsonb_typeof(evaluators) = 'object'),
    metadata    jsonb NOT NULL DEFAULT '{}' CONSTRAINT metadata_are_an_object CHECK (jsonb_typeof(metadata) = 'object'),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, tenant_id, environment),
    CONSTRAINT set_id_is_unique UNIQUE (shard, tenant_id, set_id)
);

COMMENT ON TABLE sluice.flag_set IS 'The flags of a tenant''s environment as a whole. The tenant of all zeros is the gateway itself: its set "gateway" switches what the gateway does for tenants.';
COMMENT ON COLUMN sluice.flag_set.version IS 'Counts changes of the set and of its flags, without gaps: a change holds the row''s lock until its commit.';
COMMENT ON COLUMN sluice.flag_set.bucketing IS 'What fractional hashes, as flagd''s versions 2 and 3 have it. Never changes, or users would change variants.';
COMMENT ON COLUMN sluice.flag_set.evaluators IS 'Rules that the flags'' targeting refers to by name. Those of rollouts are their flags''.';

CREATE TABLE sluice.flag (
    shard          smallint NOT NULL,
    tenant_id      uuid NOT NULL,
    environment    text NOT NULL,
    key            text NOT NULL CONSTRAINT flag_key_is_fit_for_a_url CHECK (key ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
    definition     jsonb NOT NULL CONSTRAINT definition_is_an_object CHECK (jsonb_typeof(definition) = 'object'),
    value_type     text NOT NULL
                   CONSTRAINT value_type_is_known CHECK (value_type IN ('boolean', 'string', 'integer', 'float', 'object')),
    evaluator      jsonb,
    rollout        jsonb,
    client_visible boolean NOT NULL DEFAULT false,
    permanent      boolean NOT NULL DEFAULT false,
    owner          text CONSTRAINT owner_is_short CHECK (octet_length(owner) BETWEEN 1 AND 200),
    tags           text[] NOT NULL DEFAULT '{}' CONSTRAINT tags_are_few CHECK (cardinality(tags) <= 20),
    version        bigint NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    archived_at    timestamptz,
    PRIMARY KEY (shard, tenant_id, environment, key)
);

COMMENT ON TABLE sluice.flag IS 'Flags, one row each, as they are now. An archived one is evaluated no more, and keeps its key and its revisions.';
COMMENT ON COLUMN sluice.flag.definition IS 'A flagd flag object: state, variants, defaultVariant, targeting, metadata.';
COMMENT ON COLUMN sluice.flag.value_type IS 'Of the variants, as they were written: jsonb makes 100 of 1e2, which was a float.';
COMMENT ON COLUMN sluice.flag.evaluator IS 'What the flag''s rollout decides: the evaluator rollout/KEY, to which its targeting may refer. NULL: it never had one.';
COMMENT ON COLUMN sluice.flag.rollout IS 'The rollout that is under way, for who evaluates: its id, step and unit, and the variants control and treatment. NULL: none is.';
COMMENT ON COLUMN sluice.flag.client_visible IS 'Whether keys that can''t be kept secret may evaluate it.';
COMMENT ON COLUMN sluice.flag.permanent IS 'Meant to stay, so that it is never called stale.';
COMMENT ON COLUMN sluice.flag.version IS 'Counts changes of the flag; the ETag.';

CREATE TABLE sluice.flag_revision (
    shard       smallint NOT NULL,
    tenant_id   uuid NOT NULL,
    environment text NOT NULL,
    key         text NOT NULL,
    version     bigint NOT NULL,
    set_version bigint NOT NULL,
    definition  jsonb,
    evaluator   jsonb,
    settings    jsonb NOT NULL DEFAULT '{}',
    source      text NOT NULL
                CONSTRAINT revision_source_is_known CHECK (source IN ('edit', 'import', 'archive', 'kill', 'revert', 'rollout', 'guard')),
    actor       text NOT NULL CONSTRAINT actor_is_short CHECK (octet_length(actor) <= 200),
    reason      text CONSTRAINT reason_is_short CHECK (octet_length(reason) <= 1000),
    evidence    jsonb,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, tenant_id, environment, key, version)
);

COMMENT ON TABLE sluice.flag_revision IS 'Every version of every flag: what it was, who made it so, when and why. Rows are added and never changed: nobody but the owner may.';
COMMENT ON COLUMN sluice.flag_revision.key IS 'Of the flag; $set for changes of the set''s evaluators and metadata, whose definition has both.';
COMMENT ON COLUMN sluice.flag_revision.set_version IS 'The set''s, from this change on; an import changes many flags in one.';
COMMENT ON COLUMN sluice.flag_revision.definition IS 'NULL where the flag was archived.';
COMMENT ON COLUMN sluice.flag_revision.settings IS 'client_visible, permanent, owner, tags and value_type.';
COMMENT ON COLUMN sluice.flag_revision.evidence IS 'The figures by which the gateway judged, where it changed the flag itself.';

CREATE INDEX flag_revision_set_version ON sluice.flag_revision (shard, tenant_id, environment, set_version);

CREATE VIEW sluice.flag_set_contents AS
SELECT s.shard, s.tenant_id, s.set_id, s.environment, s.version, s.bucketing, s.evaluators, s.metadata, f.keys, f.definitions, f.value_types,
       f.flag_evaluators, f.rollouts, f.client_visible
FROM sluice.flag_set s
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(f.key), '{}') AS keys, coalesce(array_agg(f.definition::text), '{}') AS definitions,
           coalesce(array_agg(f.value_type), '{}') AS value_types,
           coalesce(array_agg(coalesce(f.evaluator::text, '')), '{}') AS flag_evaluators,
           coalesce(array_agg(coalesce(f.rollout::text, '')), '{}') AS rollouts,
           coalesce(array_agg(f.key) FILTER (WHERE f.client_visible), '{}') AS client_visible
    FROM sluice.flag f
    WHERE f.shard = s.shard AND f.tenant_id = s.tenant_id AND f.environment = s.environment AND f.archived_at IS NULL) f
WHERE s.version > 0;

COMMENT ON VIEW sluice.flag_set_contents IS 'Sets with all their flags that are not archived, as processes load them: of one moment, a row each.';
COMMENT ON COLUMN sluice.flag_set_contents.keys IS 'Of the flags; the next four columns go along with it, an empty text where there is nothing.';
COMMENT ON COLUMN sluice.flag_set_contents.client_visible IS 'Keys of the flags that are.';

CREATE FUNCTION sluice.lock_flag_set(p_shard smallint, p_tenant uuid, p_environment text, p_limit integer) RETURNS sluice.flag_set
LANGUAGE plpgsql AS $$
DECLARE
    v_set sluice.flag_set;
    v_new uuid := gen_random_uuid();
BEGIN
    SELECT * INTO v_set FROM sluice.flag_set s
    WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.environment = p_environment FOR UPDATE;
    IF FOUND THEN RETURN v_set; END IF;
    PERFORM FROM sluice.tenant t WHERE t.tenant_id = p_tenant FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM sluice.flag_set s WHERE s.shard = p_shard AND s.tenant_id = p_tenant) < p_limit THEN
        INSERT INTO sluice.flag_set (shard, tenant_id, environment, set_id) VALUES (p_shard, p_tenant, p_environment, v_new)
        ON CONFLICT ON CONSTRAINT flag_set_pkey DO NOTHING;
    END IF;
    SELECT * INTO v_set FROM sluice.flag_set s
    WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.environment = p_environment FOR UPDATE;
    RETURN v_set;
END $$;

COMMENT ON FUNCTION sluice.lock_flag_set IS 'The set of an environment, locked until the commit; made where there is none, with version 0. A row of NULLs: the tenant has p_limit environments already.';

CREATE FUNCTION sluice.publish_flag_set(p_set sluice.flag_set) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    UPDATE sluice.flag_set s SET version = p_set.version + 1, updated_at = v_now
    WHERE s.shard = p_set.shard AND s.tenant_id = p_set.tenant_id AND s.environment = p_set.environment;
    PERFORM sluice.config_changed('flag_set', p_set.shard, p_set.tenant_id, p_set.set_id);
    RETURN p_set.version + 1;
END $$;

COMMENT ON FUNCTION sluice.publish_flag_set IS 'Ends a change of a set, which the caller has locked: counts its version and tells every process.';

CREATE FUNCTION sluice.write_flag(
    p_set sluice.flag_set, p_flag sluice.flag, p_source text, p_actor text, p_reason text, p_evidence jsonb DEFAULT NULL
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_version bigint;
BEGIN
    INSERT INTO sluice.flag AS f (shard, tenant_id, environment, key, definition, value_type, evaluator, rollout, client_visible,
                                  permanent, owner, tags, created_at, updated_at, archived_at)
    VALUES (p_set.shard, p_set.tenant_id, p_set.environment, p_flag.key, p_flag.definition, p_flag.value_type, p_flag.evaluator,
            p_flag.rollout, p_flag.client_visible, p_flag.permanent, p_flag.owner, p_flag.tags, v_now, v_now, p_flag.archived_at)
    ON CONFLICT ON CONSTRAINT flag_pkey DO UPDATE
        SET definition = EXCLUDED.definition, value_type = EXCLUDED.value_type, evaluator = EXCLUDED.evaluator,
            rollout = EXCLUDED.rollout, client_visible = EXCLUDED.client_visible, permanent = EXCLUDED.permanent,
            owner = EXCLUDED.owner, tags = EXCLUDED.tags, version = f.version + 1, updated_at = v_now, archived_at = EXCLUDED.archived_at
    RETURNING f.version INTO v_version;
    INSERT INTO sluice.flag_revision (shard, tenant_id, environment, key, version, set_version, definition, evaluator, settings,
                                      source, actor, reason, evidence, created_at)
    VALUES (p_set.shard, p_set.tenant_id, p_set.environment, p_flag.key, v_version, p_set.version + 1,
            CASE WHEN p_flag.archived_at IS NULL THEN p_flag.definition END, p_flag.evaluator,
            jsonb_build_object('client_visible', p_flag.client_visible, 'permanent', p_flag.permanent, 'owner', p_flag.owner,
                               'tags', p_flag.tags, 'value_type', p_flag.value_type),
            p_source, p_actor, p_reason, p_evidence, v_now);
    RETURN v_version;
END $$;

COMMENT ON FUNCTION sluice.write_flag IS 'Makes or changes a flag of a set that the caller has locked and will publish, and keeps the revision. Returns the flag''s version.';

CREATE FUNCTION sluice.flag_set_fits(p_set sluice.flag_set, p_flags integer, p_bytes bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT count(*) <= p_flags AND coalesce(sum(octet_length(f.definition::text)), 0) + octet_length(p_set.evaluators::text) <= p_bytes
    FROM sluice.flag f
    WHERE f.shard = p_set.shard AND f.tenant_id = p_set.tenant_id AND f.environment = p_set.environment AND f.archived_at IS NULL
$$;

COMMENT ON FUNCTION sluice.flag_set_fits IS 'Whether a set has no more flags, and no more bytes of definitions, than it may.';

CREATE FUNCTION sluice.put_flag(
    p_shard smallint, p_tenant uuid, p_environment text, p_key text, p_definition text, p_value_type text, p_client_visible boolean,
    p_permanent boolean, p_owner text, p_tags text[], p_expected bigint, p_actor text, p_reason text, p_environments integer,
    p_flags integer, p_bytes bigint, OUT answer text, OUT version bigint, OUT set_version bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_set  sluice.flag_set := sluice.lock_flag_set(p_shard, p_tenant, p_environment, p_environments);
    v_flag sluice.flag;
BEGIN
    IF v_set.set_id IS NULL THEN
        answer := 'too_many_environments';
        RETURN;
    END IF;
    SELECT * INTO v_flag FROM sluice.flag f
    WHERE f.shard = p_shard AND f.tenant_id = p_tenant AND f.environment = p_environment AND f.key = p_key;
    IF p_expected <> (CASE WHEN v_flag.archived_at IS NULL THEN coalesce(v_flag.version, 0) ELSE 0 END) THEN
        answer := 'changed';
        RETURN;
    END IF;
    v_flag.key := p_key;
    v_flag.definition := p_definition::jsonb;
    v_flag.value_type := p_value_type;
    v_flag.client_visible := p_client_visible;
    v_flag.permanent := p_permanent;
    v_flag.owner := p_owner;
    v_flag.tags := p_tags;
    v_flag.archived_at := NULL;
    version := sluice.write_flag(v_set, v_flag, 'edit', p_actor, p_reason);
    IF NOT sluice.flag_set_fits(v_set, p_flags, p_bytes) THEN
        RAISE program_limit_exceeded USING MESSAGE = 'the flag set is full';
    END IF;
    set_version := sluice.publish_flag_set(v_set);
    answer := 'put';
END $$;

COMMENT ON FUNCTION sluice.put_flag IS 'Makes a flag, or changes the one of that key. p_expected is the version that is changed, 0 where there must be none (or an archived one), NULL: any. Answers put, changed (it is of another version) or too_many_environments; fails with program_limit_exceeded where the set would have more than p_flags or p_bytes.';

CREATE FUNCTION sluice.archive_flag(
    p_shard smallint, p_tenant uuid, p_environment text, p_key text, p_expected bigint, p_actor text, p_reason text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_set  sluice.flag_set;
    v_flag sluice.flag;
BEGIN
    SELECT * INTO v_set FROM sluice.flag_set s
    WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.environment = p_environment FOR UPDATE;
    SELECT * INTO v_flag FROM sluice.flag f
    WHERE f.shard = p_shard AND f.tenant_id = p_tenant AND f.environment = p_environment AND f.key = p_key AND f.archived_at IS NULL;
    IF NOT FOUND THEN RETURN 'unknown'; END IF;
    IF v_flag.version <> p_expected THEN RETURN 'changed'; END IF;
    v_flag := sluice.end_rollout(v_flag);
    v_flag.archived_at := clock_timestamp();
    PERFORM sluice.write_flag(v_set, v_flag, 'archive', p_actor, p_reason);
    PERFORM sluice.publish_flag_set(v_set);
    RETURN 'deleted';
END $$;

COMMENT ON FUNCTION sluice.archive_flag IS 'Archives a flag: it is evaluated no more, and its rollout is cancelled. Answers deleted, changed (it is not of version p_expected; NULL: any), or unknown.';

CREATE FUNCTION sluice.revert_flag(
    p_shard smallint, p_tenant uuid, p_environment text, p_key text, p_to bigint, p_expected bigint, p_actor text, p_reason text,
    p_flags integer, p_bytes bigint, OUT answer text, OUT version bigint, OUT set_version bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_set      sluice.flag_set;
    v_flag     sluice.flag;
    v_revision sluice.flag_revision;
BEGIN
    SELECT * INTO v_set FROM sluice.flag_set s
    WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.environment = p_environment FOR UPDATE;
    SELECT * INTO v_flag FROM sluice.flag f
    WHERE f.shard = p_shard AND f.tenant_id = p_tenant AND f.environment = p_environment AND f.key = p_key;
    IF NOT FOUND THEN
        answer := 'unknown';
        RETURN;
    END IF;
    IF v_flag.version <> p_expected THEN
        answer := 'changed';
        RETURN;
    END IF;
    SELECT * INTO v_revision FROM sluice.flag_revision r
    WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.environment = p_environment AND r.key = p_key AND r.version = p_to;
    IF v_revision.definition IS NULL THEN
        answer := 'unknown_revision';
        RETURN;
    END IF;
    v_flag.definition := v_revision.definition;
    v_flag.value_type := v_revision.settings ->> 'value_type';
    v_flag.client_visible := v_revision.settings ->> 'client_visible';
    v_flag.permanent := v_revision.settings ->> 'permanent';
    v_flag.owner := v_revision.settings ->> 'owner';
    v_flag.tags := ARRAY(SELECT jsonb_array_elements_text(v_revision.settings -> 'tags'));
    v_flag.archived_at := NULL;
    version := sluice.write_flag(v_set, v_flag, 'revert', p_actor, p_reason);
    IF NOT sluice.flag_set_fits(v_set, p_flags, p_bytes) THEN
        RAISE program_limit_exceeded USING MESSAGE = 'the flag set is full';
    END IF;
    set_version := sluice.publish_flag_set(v_set);
    answer := 'put';
END $$;

COMMENT ON FUNCTION sluice.revert_flag IS 'Makes a flag what it was in version p_to, an archived one too, as a new revision; what a rollout decides stays. Answers put, changed, unknown, or unknown_revision, also for one by which the flag was archived.';

CREATE FUNCTION sluice.kill_flag(
    p_shard smallint, p_tenant uuid, p_environment text, p_key text, p_variant text, p_actor text, p_reason text,
    OUT answer text, OUT version bigint, OUT set_version bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_set    sluice.flag_set;
    v_flag   sluice.flag;
    v_killed jsonb;
BEGIN
    SELECT * INTO v_set FROM sluice.flag_set s
    WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.environment = p_environment FOR UPDATE;
    SELECT * INTO v_flag FROM sluice.flag f
    WHERE f.shard = p_shard AND f.tenant_id = p_tenant AND f.environment = p_environment AND f.key = p_key AND f.archived_at IS NULL;
    IF NOT FOUND THEN
        answer := 'unknown';
        RETURN;
    END IF;
    IF p_variant IS NULL THEN
        v_killed := v_flag.definition || '{"state": "DISABLED"}';
    ELSIF NOT v_flag.definition -> 'variants' ? p_variant THEN
        answer := 'unknown_variant';
        RETURN;
    ELSE
        v_killed := v_flag.definition - 'targeting' || jsonb_build_object('state', 'ENABLED', 'defaultVariant', p_variant);
    END IF;
    answer := 'put';
    version := v_flag.version;
    set_version := v_set.version;
    IF v_killed = v_flag.definition AND v_flag.rollout IS NULL THEN RETURN; END IF;
    v_flag := sluice.end_rollout(v_flag);
    v_flag.definition := v_killed;
    version := sluice.write_flag(v_set, v_flag, 'kill', p_actor, p_reason);
    set_version := sluice.publish_flag_set(v_set);
END $$;

COMMENT ON FUNCTION sluice.kill_flag IS 'Switches a flag off at once, whatever its version: to the caller''s own default, or to one variant for all; its rollout is cancelled. What is killed already stays as it is. Answers put, unknown or unknown_variant.';

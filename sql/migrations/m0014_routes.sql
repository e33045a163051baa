-- Where requests go that name a topic in place of a destination, and who may send without a key: routes and sources.

CREATE TABLE sluice.route (
    shard          smallint NOT NULL,
    tenant_id      uuid NOT NULL,
    route_id       uuid NOT NULL,
    name           text NOT NULL CONSTRAINT route_name_is_a_slug CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    topic_pattern  text NOT NULL CONSTRAINT topic_pattern_is_short CHECK (octet_length(topic_pattern) BETWEEN 1 AND 255),
    destination_id uuid NOT NULL,
    filters        jsonb NOT NULL DEFAULT '[]'
                   CONSTRAINT filters_are_few CHECK (jsonb_typeof(filters) = 'array' AND jsonb_array_length(filters) <= 10),
    flag           jsonb CONSTRAINT flag_is_an_object CHECK (jsonb_typeof(flag) = 'object'),
    is_enabled     boolean NOT NULL DEFAULT true,
    version        bigint NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, tenant_id, route_id),
    CONSTRAINT route_name_is_unique UNIQUE (shard, tenant_id, name)
);

COMMENT ON TABLE sluice.route IS 'Which topics go to which destinations. A request goes to the destination of every enabled route that fits, once to each. Processes hold them in memory: no statement on the way of a request reads this.';
COMMENT ON COLUMN sluice.route.topic_pattern IS 'Words with dots in between; * stands for one word, # for any number of them, also none.';
COMMENT ON COLUMN sluice.route.filters IS 'What must hold besides, all of it: objects with a field and one of equals, any_of, prefix and exists.';
COMMENT ON COLUMN sluice.route.flag IS 'The flag that decides whether the route delivers (boolean), or to which destination (string): environment, key, otherwise (deliver or skip where it decides nothing), and attributes of the context. NULL: none.';
COMMENT ON COLUMN sluice.route.version IS 'Counts changes; the ETag.';

CREATE INDEX route_destination ON sluice.route (shard, tenant_id, destination_id);

CREATE TABLE sluice.source (
    shard               smallint NOT NULL,
    tenant_id           uuid NOT NULL,
    source_id           uuid NOT NULL,
    name                text NOT NULL CONSTRAINT source_name_is_a_slug CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    destination_id      uuid,
    topic               text CONSTRAINT topic_is_short CHECK (octet_length(topic) BETWEEN 1 AND 255),
    scheme              text NOT NULL CONSTRAINT scheme_is_known CHECK (scheme IN ('standard-webhooks', 'github', 'stripe')),
    tolerance_s         integer NOT NULL DEFAULT 300 CONSTRAINT tolerance_is_in_range CHECK (tolerance_s BETWEEN 1 AND 86400),
    is_enabled          boolean NOT NULL DEFAULT true,
    secrets             bytea NOT NULL,
    token_hash          bytea NOT NULL CONSTRAINT token_hash_is_a_sha256 CHECK (octet_length(token_hash) = 32),
    old_token_hash      bytea CONSTRAINT old_token_hash_is_a_sha256 CHECK (octet_length(old_token_hash) = 32),
    old_token_ends_at   timestamptz,
    version             bigint NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, tenant_id, source_id),
    CONSTRAINT source_is_for_a_destination_or_a_topic CHECK ((destination_id IS NULL) <> (topic IS NULL)),
    CONSTRAINT an_old_token_is_dated CHECK ((old_token_hash IS NULL) = (old_token_ends_at IS NULL)),
    CONSTRAINT source_name_is_unique UNIQUE (shard, tenant_id, name)
);

COMMENT ON TABLE sluice.source IS 'Who may post without a key: a URL that can''t be guessed, and signatures that are verified before anything is stored.';
COMMENT ON COLUMN sluice.source.tolerance_s IS 'Seconds by which a signature''s time may be off the gateway''s clock, either way, where the scheme has a time.';
COMMENT ON COLUMN sluice.source.secrets IS 'Up to two that verify signatures: JSON, sealed as a destination''s.';
COMMENT ON COLUMN sluice.source.token_hash IS 'SHA-256 of the token in its URL, which has 256 random bits and is shown once.';
COMMENT ON COLUMN sluice.source.old_token_hash IS 'Of the token before the last change of it, which is good until old_token_ends_at.';
COMMENT ON COLUMN sluice.source.version IS 'Counts changes; the ETag.';

CREATE INDEX source_destination ON sluice.source (shard, tenant_id, destination_id) WHERE destination_id IS NOT NULL;

CREATE FUNCTION sluice.is_live_destination(p_shard smallint, p_tenant uuid, p_destination uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    -- Until the commit the destination can't be deleted.
    PERFORM FROM sluice.destination d
    WHERE d.shard = p_shard AND d.tenant_id = p_tenant AND d.destination_id = p_destination AND d.deletion IS NULL
    FOR SHARE;
    RETURN FOUND;
END $$;

COMMENT ON FUNCTION sluice.is_live_destination IS 'Whether the tenant has that destination and it is not being deleted; it stays so until the transaction''s end.';

CREATE FUNCTION sluice.put_route(
    p_shard smallint, p_tenant uuid, p_route uuid, p_name text, p_topic_pattern text, p_destination uuid, p_filters text,
    p_flag text, p_is_enabled boolean, p_expected bigint, p_limit integer, OUT answer text, OUT route_id uuid, OUT version bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_route   uuid;
    v_version bigint;
BEGIN
    PERFORM FROM sluice.tenant t WHERE t.tenant_id = p_tenant FOR NO KEY UPDATE;
    SELECT r.route_id, r.version INTO v_route, v_version FROM sluice.route r
    WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.name = p_name;
    IF p_expected <> coalesce(v_version, 0) THEN
        answer := 'changed';
        RETURN;
    END IF;
    IF NOT sluice.is_live_destination(p_shard, p_tenant, p_destination) THEN
        answer := 'unknown_destination';
        RETURN;
    END IF;
    IF v_route IS NOT NULL THEN
        UPDATE sluice.route r
        SET topic_pattern = p_topic_pattern, destination_id = p_destination, filters = p_filters::jsonb,
            flag = p_flag::jsonb, is_enabled = p_is_enabled, version = r.version + 1
        WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.route_id = v_route;
    ELSIF (SELECT count(*) FROM sluice.route r WHERE r.shard = p_shard AND r.tenant_id = p_tenant) >= p_limit THEN
        answer := 'too_many';
        RETURN;
    ELSE
        INSERT INTO sluice.route (shard, tenant_id, route_id, name, topic_pattern, destination_id, filters, flag, is_enabled)
        VALUES (p_shard, p_tenant, p_route, p_name, p_topic_pattern, p_destination, p_filters::jsonb, p_flag::jsonb,
                p_is_enabled);
    END IF;
    answer := 'put';
    route_id := coalesce(v_route, p_route);
    version := coalesce(v_version, 0) + 1;
    PERFORM sluice.config_changed('route', p_shard, p_tenant, route_id);
END $$;

COMMENT ON FUNCTION sluice.put_route IS 'Makes a route, or changes the one of that name. p_expected is the version that is changed, 0 where there must be none, NULL: any. Answers put, changed (it is of another version), unknown_destination, or too_many: the tenant has p_limit; the lock on the tenant''s row makes the count exact.';

CREATE FUNCTION sluice.delete_route(p_shard smallint, p_tenant uuid, p_name text, p_expected bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_route uuid;
BEGIN
    DELETE FROM sluice.route r
    WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.name = p_name AND (r.version <> p_expected) IS NOT TRUE
    RETURNING r.route_id INTO v_route;
    IF v_route IS NOT NULL THEN
        PERFORM sluice.config_changed('route', p_shard, p_tenant, v_route);
        RETURN 'deleted';
    END IF;
    IF EXISTS (SELECT FROM sluice.route r WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.name = p_name) THEN
        RETURN 'changed';
    END IF;
    RETURN 'unknown';
END $$;

COMMENT ON FUNCTION sluice.delete_route IS 'Deletes a route; what is stored stays. Answers deleted, changed (it is not of version p_expected; NULL: any), or unknown.';

CREATE FUNCTION sluice.put_source(
    p_shard smallint, p_tenant uuid, p_source uuid, p_name text, p_destination uuid, p_topic text, p_scheme text,
    p_tolerance_s integer, p_is_enabled boolean, p_secrets bytea, p_token_hash bytea, p_expected bigint, p_limit integer,
    OUT answer text, OUT source_id uuid, OUT version bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_source  uuid;
    v_version bigint;
BEGIN
    PERFORM FROM sluice.tenant t WHERE t.tenant_id = p_tenant FOR NO KEY UPDATE;
    SELECT s.source_id, s.version INTO v_source, v_version FROM sluice.source s
    WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.name = p_name;
    IF p_expected <> coalesce(v_version, 0) THEN
        answer := 'changed';
        RETURN;
    END IF;
    IF p_destination IS NOT NULL AND NOT sluice.is_live_destination(p_shard, p_tenant, p_destination) THEN
        answer := 'unknown_destination';
        RETURN;
    END IF;
    IF v_source IS NOT NULL THEN
        UPDATE sluice.source s
        SET destination_id = p_destination, topic = p_topic, scheme = p_scheme, tolerance_s = p_tolerance_s,
            is_enabled = p_is_enabled, secrets = p_secrets, version = s.version + 1
        WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.source_id = v_source;
    ELSIF (SELECT count(*) FROM sluice.source s WHERE s.shard = p_shard AND s.tenant_id = p_tenant) >= p_limit THEN
        answer := 'too_many';
        RETURN;
    ELSE
        INSERT INTO sluice.source (shard, tenant_id, source_id, name, destination_id, topic, scheme, tolerance_s, is_enabled,
                                   secrets, token_hash)
        VALUES (p_shard, p_tenant, p_source, p_name, p_destination, p_topic, p_scheme, p_tolerance_s, p_is_enabled, p_secrets,
                p_token_hash);
    END IF;
    answer := 'put';
    source_id := coalesce(v_source, p_source);
    version := coalesce(v_version, 0) + 1;
    PERFORM sluice.config_changed('source', p_shard, p_tenant, source_id);
END $$;

COMMENT ON FUNCTION sluice.put_source IS 'Makes a source, whose URL has the token of p_token_hash, or changes the one of that name, whose URL stays. Answers as sluice.put_route.';

CREATE FUNCTION sluice.rotate_source_token(
    p_shard smallint, p_tenant uuid, p_name text, p_token_hash bytea, p_overlap interval
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_now    timestamptz := clock_timestamp();
    v_source uuid;
BEGIN
    UPDATE sluice.source s
    SET old_token_hash = s.token_hash, old_token_ends_at = v_now + p_overlap, token_hash = p_token_hash, version = s.version + 1
    WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.name = p_name
    RETURNING s.source_id INTO v_source;
    IF v_source IS NULL THEN RETURN false; END IF;
    PERFORM sluice.config_changed('source', p_shard, p_tenant, v_source);
    RETURN true;
END $$;

COMMENT ON FUNCTION sluice.rotate_source_token IS 'Gives a source''s URL another token; the one before is good until the overlap is over, and the one before that no more. False where the tenant has no such source.';

CREATE FUNCTION sluice.delete_source(p_shard smallint, p_tenant uuid, p_name text, p_expected bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_source uuid;
BEGIN
    DELETE FROM sluice.source s
    WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.name = p_name AND (s.version <> p_expected) IS NOT TRUE
    RETURNING s.source_id INTO v_source;
    IF v_source IS NOT NULL THEN
        PERFORM sluice.config_changed('source', p_shard, p_tenant, v_source);
        RETURN 'deleted';
    END IF;
    IF EXISTS (SELECT FROM sluice.source s WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.name = p_name) THEN
        RETURN 'changed';
    END IF;
    RETURN 'unknown';
END $$;

COMMENT ON FUNCTION sluice.delete_source IS 'Deletes a source: its URL is good for nothing any more. Answers as sluice.delete_route.';

CREATE FUNCTION sluice.drop_references(p_shard smallint, p_tenant uuid, p_destination uuid) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_id    uuid;
    v_count integer := 0;
BEGIN
    FOR v_id IN
        DELETE FROM sluice.route r WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.destination_id = p_destination
        RETURNING r.route_id
    LOOP
        PERFORM sluice.config_changed('route', p_shard, p_tenant, v_id);
        v_count := v_count + 1;
    END LOOP;
    FOR v_id IN
        DELETE FROM sluice.source s WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.destination_id = p_destination
        RETURNING s.source_id
    LOOP
        PERFORM sluice.config_changed('source', p_shard, p_tenant, v_id);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END $$;

COMMENT ON FUNCTION sluice.drop_references IS 'Deletes the routes and sources of a destination that is deleted itself; returns how many.';

CREATE FUNCTION sluice.reseal_sources(
    p_shards smallint[], p_tenants uuid[], p_sources uuid[], p_before bytea[], p_after bytea[]
) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_rows integer;
BEGIN
    UPDATE sluice.source s SET secrets = r.after
    FROM unnest(p_shards, p_tenants, p_sources, p_before, p_after) AS r (shard, tenant_id, source_id, before, after)
    WHERE s.shard = r.shard AND s.tenant_id = r.tenant_id AND s.source_id = r.source_id AND s.secrets = r.before;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END $$;

COMMENT ON FUNCTION sluice.reseal_sources IS 'As sluice.reseal_destinations, for sources.';

-- The schema, and what operators and tenants configure. Small tables; every change bumps config_version and is
-- announced on the channel sluice_config, so that processes refresh what they hold in memory.

CREATE SCHEMA sluice;

COMMENT ON SCHEMA sluice IS 'Storage-first gateway: requests are stored here before they are answered, and delivered from here.';

CREATE TABLE sluice.migration (
    name       text PRIMARY KEY,
    checksum   text NOT NULL,
    serves     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE sluice.migration IS 'Steps of the schema that have been applied.';
COMMENT ON COLUMN sluice.migration.checksum IS 'SHA-256 of the file, in hex; a file that was applied must not change.';
COMMENT ON COLUMN sluice.migration.serves IS 'The oldest step whose programs go on working after this one. Processes that are older end when they see it.';

CREATE TABLE sluice.config_version (
    singleton boolean PRIMARY KEY DEFAULT true CONSTRAINT there_is_one_row CHECK (singleton),
    version   bigint NOT NULL
);

COMMENT ON TABLE sluice.config_version IS 'Counts changes of the configuration; a process whose copy is older reads it again.';

INSERT INTO sluice.config_version (version) VALUES (1);

CREATE TABLE sluice.config_change (
    version   bigint PRIMARY KEY,
    subject   text NOT NULL,
    shard     smallint,
    tenant_id uuid,
    id        uuid,
    at        timestamptz NOT NULL
);

COMMENT ON TABLE sluice.config_change IS 'What each version of the configuration changed, one row a version without gaps, so that a process reads only that. The leader forgets old ones; a process that is further behind reads everything.';
COMMENT ON COLUMN sluice.config_change.subject IS 'tenant, key, destination, route, source, flag_set or circuit_policy: the row of that id, which may be gone. everything: any.';

CREATE FUNCTION sluice.config_changed(
    p_subject text DEFAULT 'everything', p_shard smallint DEFAULT NULL, p_tenant uuid DEFAULT NULL, p_id uuid DEFAULT NULL
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_version bigint;
    v_now     timestamptz;
BEGIN
    UPDATE sluice.config_version SET version = version + 1 RETURNING version INTO v_version;
    v_now := clock_timestamp();
    INSERT INTO sluice.config_change (version, subject, shard, tenant_id, id, at)
    VALUES (v_version, p_subject, p_shard, p_tenant, p_id, v_now);
    PERFORM pg_notify('sluice_config', v_version::text);
    RETURN v_version;
END $$;

COMMENT ON FUNCTION sluice.config_changed IS 'Tells every process what has changed in the configuration; called in the transaction that changes it, last: until its commit it holds up other changes, so that versions become visible in their order.';

CREATE TYPE sluice.tenant_state AS ENUM ('active', 'suspended', 'deleting');

COMMENT ON TYPE sluice.tenant_state IS 'Only an active tenant is served and has its requests delivered. A suspended one keeps all it has; of one that is deleting the leader removes everything.';

CREATE TABLE sluice.tenant (
    tenant_id      uuid PRIMARY KEY,
    name           text NOT NULL CONSTRAINT tenant_name_is_unique UNIQUE
                   CONSTRAINT tenant_name_is_a_slug CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    shard          smallint NOT NULL CONSTRAINT shard_is_in_range CHECK (shard BETWEEN 0 AND 63),
    state          sluice.tenant_state NOT NULL DEFAULT 'active',
    state_since    timestamptz NOT NULL DEFAULT now(),
    created_at     timestamptz NOT NULL DEFAULT now(),
    ingest_rate    double precision CONSTRAINT ingest_rate_is_in_range CHECK (ingest_rate BETWEEN 0.001 AND 1000000),
    ingest_burst   integer CONSTRAINT ingest_burst_is_in_range CHECK (ingest_burst BETWEEN 1 AND 10000000),
    max_waiting    bigint CONSTRAINT max_waiting_is_in_range CHECK (max_waiting BETWEEN 1 AND 1000000000),
    max_in_flight  integer CONSTRAINT tenant_max_in_flight_is_in_range CHECK (max_in_flight BETWEEN 1 AND 100000),
    max_body_bytes integer CONSTRAINT max_body_is_in_range CHECK (max_body_bytes BETWEEN 0 AND 67108864)
);

COMMENT ON TABLE sluice.tenant IS 'Owners of everything else; the directory that says on which shard a tenant lives, what it may, and how much. A quota that is NULL is the gateway''s.';
COMMENT ON COLUMN sluice.tenant.shard IS 'Chosen when the tenant is made and never computed; leads every key of what the tenant owns.';
COMMENT ON COLUMN sluice.tenant.ingest_rate IS 'Requests a second that are taken on; NULL: no limit.';
COMMENT ON COLUMN sluice.tenant.ingest_burst IS 'Requests that are taken on at once after a quiet time, where there is a rate; NULL: those of a second, and at least one.';
COMMENT ON COLUMN sluice.tenant.max_waiting IS 'Deliveries that may wait, be scheduled or held; beyond them nothing more is taken on. NULL: no limit.';
COMMENT ON COLUMN sluice.tenant.max_in_flight IS 'Attempts under way at the same time over all destinations and workers; NULL: no limit but those of the destinations.';
COMMENT ON COLUMN sluice.tenant.max_body_bytes IS 'Bytes of a request''s body, where that is less than the gateway''s limit.';

CREATE TABLE sluice.api_key (
    shard        smallint NOT NULL,
    tenant_id    uuid NOT NULL,
    key_id       uuid NOT NULL,
    key_hash     bytea NOT NULL CONSTRAINT key_hash_is_a_sha256 CHECK (octet_length(key_hash) = 32),
    label        text NOT NULL CONSTRAINT label_is_short CHECK (octet_length(label) <= 200),
    scopes       text[] NOT NULL
                 CONSTRAINT scopes_are_known CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['ingest', 'read', 'manage', 'flags-client']),
    environment  text NOT NULL DEFAULT 'production'
                 CONSTRAINT key_environment_is_a_slug CHECK (environment ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    PRIMARY KEY (shard, tenant_id, key_id)
);

COMMENT ON TABLE sluice.api_key IS 'Keys of tenants'' callers. Only hashes: a key is shown once, when it is made.';
COMMENT ON COLUMN sluice.api_key.key_hash IS 'SHA-256 of the key, which has 256 random bits and so needs no slow hash.';
COMMENT ON COLUMN sluice.api_key.scopes IS 'What the key opens: ingest stores requests, read shows, manage changes, flags-client evaluates flags.';
COMMENT ON COLUMN sluice.api_key.environment IS 'Whose flags the key evaluates.';
COMMENT ON COLUMN sluice.api_key.last_used_at IS 'To about a minute, and recorded in batches: a crash of an API process loses the last ten seconds of it.';

CREATE TABLE sluice.destination (
    shard              smallint NOT NULL,
    tenant_id          uuid NOT NULL,
    destination_id     uuid NOT NULL,
    name               text NOT NULL CONSTRAINT destination_name_is_a_slug CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    base_url           text NOT NULL CONSTRAINT base_url_is_http CHECK (base_url ~ '^https?://[^/?#]+'),
    connect_timeout_ms integer NOT NULL DEFAULT 5000 CONSTRAINT connect_timeout_is_in_range CHECK (connect_timeout_ms BETWEEN 10 AND 60000),
    timeout_ms         integer NOT NULL DEFAULT 30000 CONSTRAINT timeout_is_in_range CHECK (timeout_ms BETWEEN 10 AND 300000),
    max_in_flight      integer NOT NULL DEFAULT 64 CONSTRAINT max_in_flight_is_in_range CHECK (max_in_flight BETWEEN 1 AND 10000),
    rate_per_second    double precision CONSTRAINT rate_is_positive CHECK (rate_per_second > 0),
    rate_burst         integer NOT NULL DEFAULT 1 CONSTRAINT rate_burst_is_positive CHECK (rate_burst >= 1),
    ordered_lanes      integer CONSTRAINT ordered_lanes_are_few CHECK (ordered_lanes BETWEEN 1 AND 64),
    max_attempts       smallint NOT NULL DEFAULT 12 CONSTRAINT max_attempts_is_in_range CHECK (max_attempts BETWEEN 1 AND 100),
    backoff_base_ms    integer NOT NULL DEFAULT 1000 CONSTRAINT backoff_base_is_in_range CHECK (backoff_base_ms BETWEEN 1 AND 3600000),
    backoff_cap_ms     integer NOT NULL DEFAULT 3600000 CONSTRAINT backoff_cap_is_in_range CHECK (backoff_cap_ms BETWEEN backoff_base_ms AND 86400000),
    retry_schedule_ms  integer[] NOT NULL DEFAULT '{}' CONSTRAINT waits_are_in_range
                       CHECK (cardinality(retry_schedule_ms) <= 100 AND 0 <= ALL (retry_schedule_ms) AND 604800000 >= ALL (retry_schedule_ms)),
    retried_statuses   smallint[] NOT NULL DEFAULT '{}' CONSTRAINT retried_statuses_are_few_and_of_http
                       CHECK (cardinality(retried_statuses) <= 64 AND 300 <= ALL (retried_statuses) AND 599 >= ALL (retried_statuses)),
    final_statuses     smallint[] NOT NULL DEFAULT '{}' CONSTRAINT final_statuses_are_few_and_of_http
                       CHECK (cardinality(final_statuses) <= 64 AND 300 <= ALL (final_statuses) AND 599 >= ALL (final_statuses)),
    client_certificate text CONSTRAINT client_certificate_is_short CHECK (octet_length(client_certificate) <= 65536),
    authorities        text CONSTRAINT authorities_are_short CHECK (octet_length(authorities) <= 65536),
    secrets            bytea,
    version            bigint NOT NULL DEFAULT 1,
    deletion           text CONSTRAINT deletion_is_drain_or_cancel CHECK (deletion IN ('drain', 'cancel')),
    deletion_began_at  timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, tenant_id, destination_id),
    CONSTRAINT a_deletion_is_dated CHECK ((deletion IS NULL) = (deletion_began_at IS NULL)),
    CONSTRAINT in_flight_are_as_many_as_ordered_lanes CHECK (max_in_flight = ordered_lanes),
    CONSTRAINT destination_name_is_unique UNIQUE (shard, tenant_id, name)
);

COMMENT ON TABLE sluice.destination IS 'Where requests go, and how.';
COMMENT ON COLUMN sluice.destination.base_url IS 'The path and query of a request are appended to it.';
COMMENT ON COLUMN sluice.destination.timeout_ms IS 'From the start of an attempt to the end of the response body.';
COMMENT ON COLUMN sluice.destination.max_in_flight IS 'Attempts under way at the same time, over all workers.';
COMMENT ON COLUMN sluice.destination.rate_per_second IS 'Attempts a second, over all workers; NULL is no limit.';
COMMENT ON COLUMN sluice.destination.rate_burst IS 'Attempts that may be made at once after a quiet time, where there is a rate.';
COMMENT ON COLUMN sluice.destination.ordered_lanes IS 'Deliveries go out in order within each of so many lanes, one at a time; an ordering key has one lane. NULL: in no order. Never changes, or deliveries of a key would be in two lanes.';
COMMENT ON COLUMN sluice.destination.max_attempts IS 'After this many a delivery becomes a dead letter. The default, with the default back-off, spans about two hours.';
COMMENT ON COLUMN sluice.destination.backoff_base_ms IS 'The wait before the second attempt; it doubles from then on, with jitter, up to backoff_cap_ms.';
COMMENT ON COLUMN sluice.destination.retry_schedule_ms IS 'Waits before the second attempt, the third, ..., in place of the back-off; the last is repeated. Empty: the back-off applies.';
COMMENT ON COLUMN sluice.destination.retried_statuses IS 'Tried again, though by default they end a delivery.';
COMMENT ON COLUMN sluice.destination.final_statuses IS 'End a delivery, though by default they are tried again.';
COMMENT ON COLUMN sluice.destination.client_certificate IS 'PEM, shown to a server that asks for one. Its key is among the secrets.';
COMMENT ON COLUMN sluice.destination.authorities IS 'PEM of the authorities that are trusted in place of the system''s.';
COMMENT ON COLUMN sluice.destination.secrets IS 'Signing keys, static headers, credentials and the client certificate''s key: JSON, sealed with AES-GCM. The first five bytes name the key that sealed it.';
COMMENT ON COLUMN sluice.destination.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN sluice.destination.deletion IS 'What becomes of its backlog while it is being deleted; no new requests are taken. NULL: it is not.';

CREATE INDEX destination_deletion ON sluice.destination (shard, tenant_id, destination_id) WHERE deletion IS NOT NULL;

CREATE TABLE sluice.leadership (
    role        text PRIMARY KEY,
    holder      uuid NOT NULL,
    term        bigint NOT NULL,
    lease_until timestamptz NOT NULL
);

COMMENT ON TABLE sluice.leadership IS 'Which process does the work that one process must do: a lease row, not a session lock, so that it works through poolers.';
COMMENT ON COLUMN sluice.leadership.term IS 'Grows each time the role changes hands.';

CREATE FUNCTION sluice.lead(p_role text, p_holder uuid, p_lease interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_now  timestamptz := clock_timestamp();
    v_term bigint;
BEGIN
    INSERT INTO sluice.leadership AS l (role, holder, term, lease_until)
    VALUES (p_role, p_holder, 1, v_now + p_lease)
    ON CONFLICT (role) DO UPDATE
        SET holder = EXCLUDED.holder,
            term = l.term + (l.holder <> EXCLUDED.holder)::int,
            lease_until = EXCLUDED.lease_until
        WHERE l.holder = EXCLUDED.holder OR l.lease_until < v_now
    RETURNING term INTO v_term;
    RETURN v_term;
END $$;

COMMENT ON FUNCTION sluice.lead IS 'Takes or renews a role''s lease; returns its term, or NULL while another process holds it.';

-- Health checks: probes of destinations that run whether or not there is traffic. Whichever process leases a due check
-- runs it; the machine that turns results into an opinion is a pure function in the program (Sources/Circuits/Health).
--
-- The destination is part of the key. With an index of its own beside a key without it, the planner takes the one for
-- the other until there are statistics, and reads all checks of a tenant to find one.

CREATE TYPE sluice.health_check_kind AS ENUM ('http', 'tcp', 'tls');
COMMENT ON TYPE sluice.health_check_kind IS 'What a check does: an HTTP exchange, a TCP connection, or a TLS handshake.';

CREATE TYPE sluice.health_policy AS ENUM ('canary', 'direct', 'advisory');
COMMENT ON TYPE sluice.health_policy IS 'How a check acts on the circuit. All but advisory open it; canary then brings the probe forward, direct sends the circuit ramping.';

CREATE TYPE sluice.health AS ENUM ('unknown', 'up', 'down');
COMMENT ON TYPE sluice.health IS 'What a check thinks of its destination.';

CREATE TABLE sluice.health_check (
    shard          smallint NOT NULL,
    tenant_id      uuid NOT NULL,
    destination_id uuid NOT NULL,
    check_id       uuid NOT NULL,
    kind           sluice.health_check_kind NOT NULL,
    target         text NOT NULL CONSTRAINT target_is_short CHECK (octet_length(target) <= 2048),
    method         text NOT NULL CONSTRAINT method_is_a_token CHECK (method ~ '^[!#$%&''*+.^_`|~0-9A-Za-z-]{1,32}$'),
    headers        text NOT NULL CONSTRAINT headers_are_short CHECK (octet_length(headers) <= 8192),
    statuses       smallint[] NOT NULL CONSTRAINT statuses_are_few_and_of_http
                   CHECK (cardinality(statuses) <= 32 AND 100 <= ALL (statuses) AND 599 >= ALL (statuses)),
    body_contains  text CONSTRAINT body_contains_is_short CHECK (octet_length(body_contains) BETWEEN 1 AND 1024),
    timeout_ms     integer NOT NULL CONSTRAINT timeout_is_in_range CHECK (timeout_ms BETWEEN 10 AND 60000),
    settings       jsonb NOT NULL CONSTRAINT settings_are_an_object CHECK (jsonb_typeof(settings) = 'object'),
    decisive       smallint[] NOT NULL CONSTRAINT decisive_statuses_are_few_and_of_http
                   CHECK (cardinality(decisive) <= 32 AND 100 <= ALL (decisive) AND 599 >= ALL (decisive)),
    policy         sluice.health_policy NOT NULL,
    shared_key     text CONSTRAINT shared_key_is_short CHECK (octet_length(shared_key) BETWEEN 1 AND 200),
    health         sluice.health NOT NULL DEFAULT 'unknown',
    told           sluice.health NOT NULL DEFAULT 'unknown',
    ok_run         integer NOT NULL DEFAULT 0,
    fail_run       integer NOT NULL DEFAULT 0,
    next_at        timestamptz NOT NULL,
    lease_owner    uuid,
    lease_token    bigint,
    lease_until    timestamptz,
    last_at        timestamptz,
    last_ms        double precision,
    last_error     text,
    PRIMARY KEY (shard, tenant_id, destination_id, check_id),
    CONSTRAINT target_is_of_its_kind CHECK (
        CASE WHEN kind = 'http' THEN target ~ '^https?://[^/?#\s]+[^\s]*$'
             WHEN target ~ '^(\[[0-9A-Fa-f:.]+\]|[^]/?#@:\s[]+):[0-9]{1,5}$'
             THEN substring(target FROM '[0-9]+$')::integer BETWEEN 1 AND 65535
             ELSE false END),
    CONSTRAINT a_lease_is_whole CHECK (num_nulls(lease_owner, lease_token, lease_until) IN (0, 3))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.health_check IS 'Probes of destinations: what to look at, when next, and the opinion so far. One process in the cluster runs each at a time.';
COMMENT ON COLUMN sluice.health_check.target IS 'The URL of an HTTP check; host:port of the others, an IPv6 address in brackets.';
COMMENT ON COLUMN sluice.health_check.headers IS 'What an HTTP check sends, one "name: value" a line.';
COMMENT ON COLUMN sluice.health_check.statuses IS 'Statuses that an HTTP check wants; empty: any 2xx. Redirects are not followed.';
COMMENT ON COLUMN sluice.health_check.body_contains IS 'Text that the first 64 KiB of the body must have, byte for byte; NULL: any body.';
COMMENT ON COLUMN sluice.health_check.timeout_ms IS 'From the start of a check to the end of the answer.';
COMMENT ON COLUMN sluice.health_check.settings IS 'Thresholds and intervals that differ from the defaults: rise, fall, interval_s, fast_s, down_s, ...';
COMMENT ON COLUMN sluice.health_check.decisive IS 'Statuses that bring the destination down at once.';
COMMENT ON COLUMN sluice.health_check.shared_key IS 'Checks of one host, perhaps of several tenants, with the same key: when one rises, those that are down run at once. Given by operators.';
COMMENT ON COLUMN sluice.health_check.told IS 'The opinion that the circuit was last told; where it differs from health, the next check tells it.';
COMMENT ON COLUMN sluice.health_check.ok_run IS 'Successes in a row.';
COMMENT ON COLUMN sluice.health_check.fail_run IS 'Failures in a row.';
COMMENT ON COLUMN sluice.health_check.lease_token IS 'Fence: only a result that knows it changes anything.';
COMMENT ON COLUMN sluice.health_check.lease_until IS 'Afterwards another process may run the check.';
COMMENT ON COLUMN sluice.health_check.last_at IS 'When the last result came, also of a check that could not run.';
COMMENT ON COLUMN sluice.health_check.last_error IS 'What was wrong then; NULL: nothing.';

CREATE INDEX health_check_timer ON sluice.health_check (shard, next_at);
CREATE INDEX health_check_shared ON sluice.health_check (shard, shared_key) WHERE shared_key IS NOT NULL;

CREATE FUNCTION sluice.put_health_check(
    p_shard smallint, p_tenant uuid, p_destination uuid, p_check uuid, p_kind text, p_target text, p_method text,
    p_headers text, p_statuses smallint[], p_body_contains text, p_timeout_ms integer, p_settings jsonb,
    p_decisive smallint[], p_policy text, p_shared_key text, p_first_in interval
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_now    timestamptz;
    v_others bigint;
BEGIN
    PERFORM FROM sluice.destination d
    WHERE d.shard = p_shard AND d.tenant_id = p_tenant AND d.destination_id = p_destination FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING CONSTRAINT = 'destination_is_known', MESSAGE = 'the tenant has no such destination';
    END IF;
    SELECT count(*) INTO v_others FROM sluice.health_check h
    WHERE h.shard = p_shard AND h.tenant_id = p_tenant AND h.destination_id = p_destination AND h.check_id <> p_check;
    IF v_others >= 8 THEN
        RAISE check_violation USING CONSTRAINT = 'checks_are_at_most_8', MESSAGE = 'a destination has at most 8 health checks';
    END IF;

    v_now := clock_timestamp();
    INSERT INTO sluice.health_check AS h (shard, tenant_id, destination_id, check_id, kind, target, method, headers, statuses,
        body_contains, timeout_ms, settings, decisive, policy, shared_key, next_at)
    VALUES (p_shard, p_tenant, p_destination, p_check, p_kind::sluice.health_check_kind, p_target, p_method, p_headers, p_statuses,
        p_body_contains, p_timeout_ms, p_settings, p_decisive, p_policy::sluice.health_policy, p_shared_key, v_now + p_first_in)
    ON CONFLICT (shard, tenant_id, destination_id, check_id) DO UPDATE
        SET kind = EXCLUDED.kind, target = EXCLUDED.target, method = EXCLUDED.method, headers = EXCLUDED.headers,
            statuses = EXCLUDED.statuses, body_contains = EXCLUDED.body_contains, timeout_ms = EXCLUDED.timeout_ms,
            settings = EXCLUDED.settings, decisive = EXCLUDED.decisive, policy = EXCLUDED.policy,
            shared_key = EXCLUDED.shared_key, health = 'unknown', told = 'unknown', ok_run = 0, fail_run = 0,
            next_at = EXCLUDED.next_at, lease_owner = NULL, lease_token = NULL, lease_until = NULL,
            last_at = NULL, last_ms = NULL, last_error = NULL
        WHERE (h.kind, h.target, h.method, h.headers, h.statuses, h.body_contains, h.timeout_ms, h.settings, h.decisive,
               h.policy, h.shared_key)
           IS DISTINCT FROM
              (EXCLUDED.kind, EXCLUDED.target, EXCLUDED.method, EXCLUDED.headers, EXCLUDED.statuses, EXCLUDED.body_contains,
               EXCLUDED.timeout_ms, EXCLUDED.settings, EXCLUDED.decisive, EXCLUDED.policy, EXCLUDED.shared_key);
END $$;

COMMENT ON FUNCTION sluice.put_health_check IS 'Makes a check, or changes it; its first run comes after p_first_in. A changed check forms its opinion anew, and a run that is under way does not count; one that is the same stays as it is. Fails with destination_is_known, or with checks_are_at_most_8 a destination: the lock on its row makes the count exact.';

CREATE FUNCTION sluice.delete_health_check(p_shard smallint, p_tenant uuid, p_destination uuid, p_check uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sluice.health_check h
    WHERE h.shard = p_shard AND h.tenant_id = p_tenant AND h.destination_id = p_destination AND h.check_id = p_check;
    RETURN FOUND;
END $$;

COMMENT ON FUNCTION sluice.delete_health_check IS 'Deletes a check; returns whether there was one. Its circuit stays as it is.';

CREATE FUNCTION sluice.lease_health_checks(
    p_shards smallint[], p_worker uuid, p_token bigint, p_limit integer, p_slack interval
) RETURNS SETOF sluice.health_check LANGUAGE plpgsql ROWS 10 SET enable_seqscan = off AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    RETURN QUERY
    WITH due AS MATERIALIZED (
        SELECT h.shard, h.tenant_id, h.destination_id, h.check_id FROM sluice.health_check h
        WHERE h.shard = ANY (p_shards) AND h.next_at <= v_now AND (h.lease_until IS NULL OR h.lease_until <= v_now)
        ORDER BY h.next_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
    UPDATE sluice.health_check h
    SET lease_owner = p_worker, lease_token = p_token,
        lease_until = v_now + make_interval(secs => h.timeout_ms / 1000.0) + p_slack
    FROM due
    WHERE h.shard = due.shard AND h.tenant_id = due.tenant_id
      AND h.destination_id = due.destination_id AND h.check_id = due.check_id
    RETURNING h.*;
END $$;

COMMENT ON FUNCTION sluice.lease_health_checks IS 'Gives due checks to a process, those first that have waited longest. Each lease lasts for the check''s time-out and p_slack; one that is over may be taken with a new token.';

CREATE FUNCTION sluice.record_health_check(
    p_shard smallint, p_tenant uuid, p_destination uuid, p_check uuid, p_token bigint, p_health text, p_ok_run integer,
    p_fail_run integer, p_next_at timestamptz, p_ms double precision, p_error text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    UPDATE sluice.health_check h
    SET health = p_health::sluice.health, ok_run = p_ok_run, fail_run = p_fail_run, next_at = p_next_at,
        lease_owner = NULL, lease_token = NULL, lease_until = NULL,
        last_at = v_now, last_ms = p_ms, last_error = left(p_error, 500)
    WHERE h.shard = p_shard AND h.tenant_id = p_tenant AND h.destination_id = p_destination AND h.check_id = p_check
      AND h.lease_token = p_token;
    RETURN FOUND;
END $$;

COMMENT ON FUNCTION sluice.record_health_check IS 'Records a result and the opinion that follows, and gives the lease back. Returns whether it counted: the result of a lease that another process has taken changes nothing.';

CREATE FUNCTION sluice.return_health_check(
    p_shard smallint, p_tenant uuid, p_destination uuid, p_check uuid, p_token bigint, p_next_at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sluice.health_check h
    SET next_at = p_next_at, lease_owner = NULL, lease_token = NULL, lease_until = NULL
    WHERE h.shard = p_shard AND h.tenant_id = p_tenant AND h.destination_id = p_destination AND h.check_id = p_check
      AND h.lease_token = p_token;
    RETURN FOUND;
END $$;

COMMENT ON FUNCTION sluice.return_health_check IS 'Gives a lease back without a result: the check was needless, or its process stops. Returns whether the lease was still held.';

CREATE FUNCTION sluice.health_was_told(
    p_shard smallint, p_tenant uuid, p_destination uuid, p_check uuid, p_health text
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sluice.health_check h SET told = p_health::sluice.health
    WHERE h.shard = p_shard AND h.tenant_id = p_tenant AND h.destination_id = p_destination AND h.check_id = p_check
      AND h.health = p_health::sluice.health;
    RETURN FOUND;
END $$;

COMMENT ON FUNCTION sluice.health_was_told IS 'Remembers that the circuit knows the opinion, if it still is that. Until then each run of the check tells it again.';

CREATE FUNCTION sluice.hasten_health_checks(p_shards smallint[], p_shared_key text, p_limit integer) RETURNS integer
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    v_now      timestamptz := clock_timestamp();
    v_hastened integer;
BEGIN
    WITH down AS MATERIALIZED (
        SELECT h.shard, h.tenant_id, h.destination_id, h.check_id FROM sluice.health_check h
        WHERE h.shard = ANY (p_shards) AND h.shared_key = p_shared_key AND h.health = 'down' AND h.next_at > v_now
        LIMIT p_limit FOR UPDATE SKIP LOCKED)
    UPDATE sluice.health_check h SET next_at = v_now
    FROM down
    WHERE h.shard = down.shard AND h.tenant_id = down.tenant_id
      AND h.destination_id = down.destination_id AND h.check_id = down.check_id;
    GET DIAGNOSTICS v_hastened = ROW_COUNT;
    RETURN v_hastened;
END $$;

COMMENT ON FUNCTION sluice.hasten_health_checks IS 'Makes the checks of a shared key that are down due now; returns how many. Each still forms its own opinion.';

-- What operators do with psql, by names; m0007_circuit_commands.sql has what they do to circuits. Each says why it can't be
-- done, where it can't. Who did it is the session's user. What becomes runnable is armed after the commit.

CREATE FUNCTION sluice.destination_named(p_owner sluice.tenant, p_name text) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_shard       smallint := p_owner.shard;
    v_destination uuid;
BEGIN
    SELECT d.destination_id INTO v_destination FROM sluice.destination d
    WHERE d.shard = v_shard AND d.tenant_id = p_owner.tenant_id AND d.name = p_name;
    IF NOT FOUND THEN RAISE no_data_found USING MESSAGE = format('the tenant %s has no destination %s', p_owner.name, p_name); END IF;
    RETURN v_destination;
END $$;

COMMENT ON FUNCTION sluice.destination_named IS 'A tenant''s destination of that name, also one that is being deleted; fails with no_data_found where there is none.';

CREATE FUNCTION sluice.suspend_tenant(tenant text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sluice.set_tenant_state(tenant, 'suspended');
    RETURN 'suspended';
END $$;

COMMENT ON FUNCTION sluice.suspend_tenant IS 'Serves a tenant no more, and holds its deliveries. It keeps all that it has.';

CREATE FUNCTION sluice.resume_tenant(tenant text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_shards smallint[];
    v_lanes  bigint[];
BEGIN
    SELECT array_agg(l.shard), array_agg(l.lane_id) INTO v_shards, v_lanes FROM sluice.set_tenant_state(tenant, 'active') l;
    PERFORM sluice.arm_after_commit(v_shards, v_lanes);
    RETURN 'active';
END $$;

COMMENT ON FUNCTION sluice.resume_tenant IS 'Ends a suspension.';

CREATE FUNCTION sluice.cancel_request(tenant text, request uuid, OUT cancelled integer, OUT stopping integer) LANGUAGE plpgsql AS $$
DECLARE
    v_tenant sluice.tenant := sluice.tenant_named(tenant);
BEGIN
    SELECT c.cancelled, c.stopping INTO cancelled, stopping
    FROM sluice.cancel_request(v_tenant.shard, v_tenant.tenant_id, request, session_user::text) c;
    IF cancelled IS NULL THEN
        RAISE no_data_found USING MESSAGE = format('the tenant %s has no request %s', tenant, request);
    END IF;
END $$;

COMMENT ON FUNCTION sluice.cancel_request(text, uuid) IS 'Cancels the deliveries of a request that wait, and says how many; and how many attempts go on, after which there will be no other.';

CREATE FUNCTION sluice.replay_request(tenant text, request uuid, destination text DEFAULT NULL) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_tenant      sluice.tenant := sluice.tenant_named(tenant);
    v_shard       smallint := v_tenant.shard;
    v_destination uuid;
    v_lane        bigint;
    v_answer      text;
    v_lanes       bigint[];
BEGIN
    IF destination IS NOT NULL THEN
        v_destination := sluice.destination_named(v_tenant, destination);
        SELECT min(l.lane_id) INTO v_lane FROM sluice.lane l
        WHERE l.shard = v_shard AND l.tenant_id = v_tenant.tenant_id AND l.destination_id = v_destination;
    END IF;
    SELECT r.answer, r.lanes INTO v_answer, v_lanes
    FROM sluice.replay_request(v_shard, v_tenant.tenant_id, request, v_destination, v_lane, session_user::text) r;
    IF v_answer = 'unknown' THEN
        RAISE no_data_found USING MESSAGE = format('the tenant %s has no request %s', tenant, request);
    ELSIF v_answer <> 'replayed' THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('the request %s was not replayed: %s', request, v_answer),
            HINT = 'not_ended: no such delivery of it has ended; expired: its expires_at has passed';
    END IF;
    PERFORM sluice.arm_after_commit(array_fill(v_shard, ARRAY[cardinality(v_lanes)]), v_lanes);
    RETURN cardinality(v_lanes);
END $$;

COMMENT ON FUNCTION sluice.replay_request(text, uuid, text) IS 'Begins the deliveries of a request that have ended anew, all or those to one destination; returns how many.';

CREATE FUNCTION sluice.replay_dead_letters(
    tenant text, destination text, class text DEFAULT NULL, since timestamptz DEFAULT NULL, per_second double precision DEFAULT 10
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_tenant      sluice.tenant := sluice.tenant_named(tenant);
    v_now         timestamptz := clock_timestamp();
    v_replay      uuid := sluice.request_id_at(v_now, gen_random_uuid());
    v_destination uuid := sluice.destination_named(v_tenant, destination);
BEGIN
    IF NOT sluice.start_replay(v_tenant.shard, v_tenant.tenant_id, v_replay, v_destination, class, since, v_now, per_second, session_user::text) THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('8 replays of the tenant %s run already', tenant);
    END IF;
    RETURN v_replay;
END $$;

COMMENT ON FUNCTION sluice.replay_dead_letters IS 'Begins all dead letters of a destination anew, or those of a class, or those that died since a time, so many a second (0.01 to 1000). Returns the replay, whose progress sluice.replay shows.';

CREATE FUNCTION sluice.cancel_replay(tenant text, replay uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_tenant sluice.tenant := sluice.tenant_named(tenant);
BEGIN
    IF NOT sluice.cancel_replay(v_tenant.shard, v_tenant.tenant_id, replay) THEN
        RAISE no_data_found USING MESSAGE = format('no replay %s of the tenant %s runs', replay, tenant);
    END IF;
    RETURN 'cancelled';
END $$;

COMMENT ON FUNCTION sluice.cancel_replay(text, uuid) IS 'Ends a replay where it stands; what it has begun anew goes on.';

CREATE FUNCTION sluice.delete_destination(tenant text, destination text, backlog text DEFAULT 'refuse') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_tenant  sluice.tenant := sluice.tenant_named(tenant);
    v_answer  text;
    v_waiting bigint;
BEGIN
    IF backlog IS NULL OR backlog NOT IN ('refuse', 'drain', 'cancel') THEN
        RAISE invalid_parameter_value USING MESSAGE = 'backlog is one of refuse, drain and cancel';
    END IF;
    SELECT b.answer, b.waiting INTO v_answer, v_waiting FROM sluice.begin_deletion(
        v_tenant.shard, v_tenant.tenant_id, sluice.destination_named(v_tenant, destination), backlog, NULL, 10000) b;
    IF v_answer = 'waiting' THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format(
            'for the destination %s %s deliveries wait', destination, CASE WHEN v_waiting < 10000 THEN v_waiting::text ELSE '10000 or more' END),
            HINT = 'drain delivers them first, cancel cancels them';
    END IF;
    RETURN 'deleting';
END $$;

COMMENT ON FUNCTION sluice.delete_destination IS 'Begins to delete a destination: it takes no new requests. Its backlog is a reason to refuse, is delivered first (drain), or cancelled (cancel).';

CREATE FUNCTION sluice.revoke_key(tenant text, key uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_tenant sluice.tenant := sluice.tenant_named(tenant);
BEGIN
    IF NOT sluice.revoke_api_key(v_tenant.shard, v_tenant.tenant_id, key) THEN
        RAISE no_data_found USING MESSAGE = format('the tenant %s has no key %s', tenant, key);
    END IF;
    RETURN 'revoked';
END $$;

COMMENT ON FUNCTION sluice.revoke_key IS 'Ends a key for good; processes refuse it within moments of the commit.';

CREATE FUNCTION sluice.kill_flag(tenant text, environment text, flag text, reason text, variant text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_tenant  sluice.tenant := sluice.tenant_named(tenant);
    v_answer  text;
    v_version bigint;
BEGIN
    SELECT k.answer, k.version INTO v_answer, v_version
    FROM sluice.kill_flag(v_tenant.shard, v_tenant.tenant_id, environment, flag, variant, session_user::text, reason) k;
    IF v_answer = 'unknown' THEN
        RAISE no_data_found USING MESSAGE = format('the tenant %s has no flag %s in %s', tenant, flag, environment);
    ELSIF v_answer = 'unknown_variant' THEN
        RAISE no_data_found USING MESSAGE = format('the flag %s has no variant %s', flag, variant);
    END IF;
    RETURN v_version;
END $$;

COMMENT ON FUNCTION sluice.kill_flag(text, text, text, text, text) IS 'Switches a flag off at once: to the callers'' own default, or to one variant for all; its rollout is cancelled. Returns the flag''s version.';

CREATE FUNCTION sluice.command_rollout(tenant text, environment text, flag text, command text, reason text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_tenant sluice.tenant := sluice.tenant_named(tenant);
    v_answer text;
BEGIN
    v_answer := sluice.command_rollout(v_tenant.shard, v_tenant.tenant_id, environment, flag, command, session_user::text, reason);
    IF v_answer = 'none' THEN
        RAISE no_data_found USING MESSAGE = format('no rollout of the flag %s in %s is under way', flag, environment);
    ELSIF v_answer <> 'done' THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('the rollout of %s did not obey: %s', flag, v_answer);
    END IF;
    RETURN v_answer;
END $$;

COMMENT ON FUNCTION sluice.command_rollout(text, text, text, text, text) IS 'What an operator wants of a rollout: approve, hold, resume, rollback, cancel.';

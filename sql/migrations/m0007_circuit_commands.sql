-- What operators want of circuits. The same rules as the machine's own (Circuit+Command.swift), for the time when there is
-- nothing but psql; a test compares the two.

CREATE FUNCTION sluice.command_circuit(
    p_shard smallint, p_tenant uuid, p_destination uuid, p_command text, p_until timestamptz, p_limit integer, p_actor text, p_note text
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_now    timestamptz;
    v_before sluice.circuit;
    v_next   sluice.circuit;
    v_mode   sluice.circuit_mode;
BEGIN
    IF coalesce(p_note, '') = '' OR coalesce(p_actor, '') = '' THEN
        RAISE EXCEPTION 'a command needs an actor and a reason' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO v_before FROM sluice.circuit c
    WHERE c.shard = p_shard AND c.tenant_id = p_tenant AND c.destination_id = p_destination FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN 'unknown'; END IF;
    v_now := clock_timestamp();
    v_next := v_before;
    v_mode := CASE p_command WHEN 'pause' THEN 'forced_open' WHEN 'resume' THEN 'auto' WHEN 'force' THEN 'forced_closed'
                             WHEN 'observe' THEN 'observe' END::sluice.circuit_mode;
    IF v_mode IS NOT NULL OR p_command = 'reset' THEN
        v_next.mode := coalesce(v_mode, 'auto');
        v_next.mode_until := CASE WHEN v_next.mode <> 'auto' THEN p_until END;
        v_next.mode_by := CASE WHEN v_mode IS NOT NULL THEN p_actor END;
        v_next.mode_reason := CASE WHEN v_mode IS NOT NULL THEN p_note END;
        IF v_mode = 'observe' OR p_command = 'reset' THEN
            -- A clean opinion; what the health check said last stays true.
            IF v_before.state <> 'closed' THEN
                v_next.state := 'closed'; v_next.state_since := v_now; v_next.reason := 'mode';
            END IF;
            v_next.opened_at := NULL; v_next.retry_at := NULL; v_next.would_open_at := NULL; v_next.probe_skip_request := NULL;
            v_next.dispatch_limit := NULL; v_next.ssthresh := NULL; v_next.limit_at := NULL; v_next.limit_seen := NULL;
            v_next.reopen_count := 0; v_next.alerts := 0; v_next.failed_canaries := 0; v_next.openings := '{}';
        ELSIF v_before.mode IN ('forced_open', 'forced_closed') AND v_before.state IN ('open', 'half_open') THEN
            v_next.retry_at := v_now;
        END IF;
        IF p_command = 'reset' THEN
            v_next.reason := 'reset'; v_next.ceiling := NULL; v_next.throttled_until := NULL; v_next.last_good_limit := NULL;
        END IF;
        IF v_next.state = 'closed' THEN v_next.stable_since := v_now; END IF;
    ELSIF p_command = 'probe' THEN
        IF v_before.mode <> 'auto' THEN RETURN 'mode'; END IF;
        IF v_before.state NOT IN ('open', 'half_open') THEN RETURN 'not_open'; END IF;
        IF v_before.probe_lease_until > v_now THEN RETURN 'busy'; END IF;
        v_next.retry_at := v_now; v_next.throttled_until := NULL;
    ELSIF p_command = 'limit' THEN
        v_next.ceiling := greatest(p_limit, 1);
    ELSE
        RAISE EXCEPTION 'there is no command %', p_command USING ERRCODE = 'invalid_parameter_value',
            HINT = 'pause, resume, force, observe, probe, limit, reset';
    END IF;
    v_next.epoch := v_before.epoch + 1;
    -- Leases and verdicts belong to an epoch.
    v_next.probe_owner := NULL; v_next.probe_lease_until := NULL; v_next.suspected_since := NULL;
    v_next.probe_ok := 0; v_next.probe_fail := 0; v_next.probe_lost := 0;
    IF v_next.dispatch_limit IS NOT NULL THEN v_next.limit_seen := '{0,0,0}'; END IF;
    v_next.probe_at := CASE WHEN v_next.mode = 'auto' AND v_next.state IN ('open', 'half_open') THEN v_next.retry_at END;
    v_next.timer_at := least(v_next.mode_until, CASE WHEN v_next.mode = 'auto' AND v_next.state <> 'closed' THEN v_now + interval '1 second' END);
    PERFORM sluice.apply_circuit(
        v_next, least(v_next.ceiling, CASE WHEN v_next.mode = 'auto' THEN floor(v_next.dispatch_limit)::integer END), true, v_now,
        jsonb_build_array(jsonb_build_object(
            'epoch', v_next.epoch, 'from_state', v_before.state, 'to_state', v_next.state, 'mode', v_next.mode,
            'reason', CASE p_command WHEN 'probe' THEN 'probe_now' WHEN 'limit' THEN 'limit' WHEN 'reset' THEN 'reset' ELSE 'mode' END,
            'actor', p_actor, 'evidence', jsonb_strip_nulls(jsonb_build_object('note', p_note, 'limit', v_next.ceiling)))));
    RETURN 'done';
END $$;

COMMENT ON FUNCTION sluice.command_circuit IS 'What an operator wants of a circuit: pause, resume, force, observe, probe, limit, reset. Takes effect with the commit. Returns done, or why not: unknown, mode, not_open, busy. The caller arms the lanes of a gate that opened, after the commit; a reconciliation does so within half a minute.';

CREATE FUNCTION sluice.command_circuit(p_tenant text, p_destination text, p_command text, p_until timestamptz, p_limit integer, p_note text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_shard       smallint;
    v_tenant      uuid;
    v_destination uuid;
    v_answer      text;
BEGIN
    SELECT t.shard, t.tenant_id INTO v_shard, v_tenant FROM sluice.tenant t WHERE t.name = p_tenant;
    SELECT d.destination_id INTO v_destination FROM sluice.destination d
    WHERE d.shard = v_shard AND d.tenant_id = v_tenant AND d.name = p_destination;
    IF v_destination IS NULL THEN
        RAISE EXCEPTION 'tenant % has no destination %', p_tenant, p_destination USING ERRCODE = 'no_data_found';
    END IF;
    v_answer := sluice.command_circuit(v_shard, v_tenant, v_destination, p_command, p_until, p_limit, session_user::text, p_note);
    IF v_answer <> 'done' THEN
        RAISE EXCEPTION 'the circuit of % did not obey: %', p_destination, v_answer USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM sluice.arm_after_commit(array_agg(l.shard), array_agg(l.lane_id)) FROM sluice.lane l
    WHERE l.shard = v_shard AND l.tenant_id = v_tenant AND l.destination_id = v_destination;
    RETURN v_answer;
END $$;

COMMENT ON FUNCTION sluice.command_circuit(text, text, text, timestamptz, integer, text) IS 'The same by names, for people; the actor is the session''s user, and workers arm the lanes after the commit.';

CREATE FUNCTION sluice.pause_circuit(tenant text, destination text, reason text, until timestamptz DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$ SELECT sluice.command_circuit(tenant, destination, 'pause', until, NULL, reason) $$;
COMMENT ON FUNCTION sluice.pause_circuit IS 'Holds all deliveries of a destination, and sends no probes.';

CREATE FUNCTION sluice.resume_circuit(tenant text, destination text, reason text) RETURNS text
LANGUAGE sql AS $$ SELECT sluice.command_circuit(tenant, destination, 'resume', NULL, NULL, reason) $$;
COMMENT ON FUNCTION sluice.resume_circuit IS 'Gives a circuit back to the machine.';

CREATE FUNCTION sluice.force_circuit(tenant text, destination text, reason text, until timestamptz DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$ SELECT sluice.command_circuit(tenant, destination, 'force', until, NULL, reason) $$;
COMMENT ON FUNCTION sluice.force_circuit IS 'Lets all deliveries of a destination through, whatever the machine thinks.';

CREATE FUNCTION sluice.observe_circuit(tenant text, destination text, reason text, until timestamptz DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$ SELECT sluice.command_circuit(tenant, destination, 'observe', until, NULL, reason) $$;
COMMENT ON FUNCTION sluice.observe_circuit IS 'Lets everything through; the machine only tells when it would open.';

CREATE FUNCTION sluice.probe_circuit(tenant text, destination text, reason text) RETURNS text
LANGUAGE sql AS $$ SELECT sluice.command_circuit(tenant, destination, 'probe', NULL, NULL, reason) $$;
COMMENT ON FUNCTION sluice.probe_circuit IS 'Makes the next probe of an open circuit due now.';

CREATE FUNCTION sluice.limit_circuit(tenant text, destination text, reason text, deliveries integer DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$ SELECT sluice.command_circuit(tenant, destination, 'limit', NULL, deliveries, reason) $$;
COMMENT ON FUNCTION sluice.limit_circuit IS 'Bounds the deliveries in flight to a destination; NULL lifts the bound.';

CREATE FUNCTION sluice.reset_circuit(tenant text, destination text, reason text) RETURNS text
LANGUAGE sql AS $$ SELECT sluice.command_circuit(tenant, destination, 'reset', NULL, NULL, reason) $$;
COMMENT ON FUNCTION sluice.reset_circuit IS 'Makes a circuit as it was when its destination was made.';

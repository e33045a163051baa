-- Rollouts: a flag's treatment is given to more and more units, step by step. What people want of them is here; how a step is
-- judged and ends by itself is in m0019_rollout_guard.sql. Who changes a rollout holds the lock of its flag's set.

CREATE TABLE sluice.rollout (
    shard           smallint NOT NULL,
    tenant_id       uuid NOT NULL,
    rollout_id      uuid NOT NULL,
    environment     text NOT NULL,
    flag_key        text NOT NULL,
    control         text NOT NULL,
    treatment       text NOT NULL CONSTRAINT treatment_is_not_control CHECK (treatment <> control),
    unit            text NOT NULL CONSTRAINT unit_is_short CHECK (octet_length(unit) BETWEEN 1 AND 128),
    seed            text NOT NULL CONSTRAINT seed_is_short CHECK (octet_length(seed) BETWEEN 1 AND 128),
    steps           jsonb NOT NULL
                    CONSTRAINT steps_are_few CHECK (jsonb_typeof(steps) = 'array' AND jsonb_array_length(steps) BETWEEN 1 AND 20),
    guard           jsonb NOT NULL CONSTRAINT guard_is_an_object CHECK (jsonb_typeof(guard) = 'object'),
    step            smallint NOT NULL DEFAULT 0 CONSTRAINT step_is_one_of_steps CHECK (step >= 0 AND step < jsonb_array_length(steps)),
    status          text NOT NULL DEFAULT 'running'
                    CONSTRAINT rollout_status_is_known CHECK (status IN ('running', 'held', 'completed', 'rolled_back', 'cancelled')),
    hold_reason     text
                    CONSTRAINT hold_reason_is_known CHECK (hold_reason IN ('command', 'superseded', 'regression', 'sample_ratio')),
    is_approved     boolean NOT NULL DEFAULT false,
    base_version    bigint NOT NULL,
    started_by      text NOT NULL CONSTRAINT rollout_actor_is_short CHECK (octet_length(started_by) <= 200),
    started_at      timestamptz NOT NULL,
    step_started_at timestamptz NOT NULL,
    next_check_at   timestamptz,
    ended_at        timestamptz,
    verdict         jsonb,
    PRIMARY KEY (shard, tenant_id, rollout_id),
    CONSTRAINT what_is_held_has_a_reason CHECK ((status = 'held') = (hold_reason IS NOT NULL)),
    CONSTRAINT what_has_ended_is_not_checked CHECK ((status IN ('running', 'held')) = (next_check_at IS NOT NULL)
                                                    AND (next_check_at IS NULL) = (ended_at IS NOT NULL))
) WITH (fillfactor = 70);

COMMENT ON TABLE sluice.rollout IS 'Rollouts of flags, those that have ended too. A flag has one at a time that is running or held.';
COMMENT ON COLUMN sluice.rollout.unit IS 'The attribute of the context by whose value a unit is on the one side or the other, for good.';
COMMENT ON COLUMN sluice.rollout.seed IS 'Comes before the unit''s value in what is hashed: with another seed other units are first.';
COMMENT ON COLUMN sluice.rollout.steps IS 'In their order: weight of the treatment, 1 to 9999 of 10000 and growing; hold_s, seconds that it lasts at least; min_n, outcomes that each side must have; approval, whether a person must agree to its end. After the last the treatment is for all.';
COMMENT ON COLUMN sluice.rollout.guard IS 'mode: what a regression does (rollback, hold, or observe: nothing); alpha, tau, min_n, max_age_s: see sluice.rollout_verdict.';
COMMENT ON COLUMN sluice.rollout.step IS 'The one that is under way, or was the last, from 0.';
COMMENT ON COLUMN sluice.rollout.is_approved IS 'A person agrees to the end of this step.';
COMMENT ON COLUMN sluice.rollout.base_version IS 'The flag''s version that the rollout has written: with another, somebody else has changed the flag.';
COMMENT ON COLUMN sluice.rollout.verdict IS 'The last one on the step under way, with its figures.';

CREATE UNIQUE INDEX rollout_active ON sluice.rollout (shard, tenant_id, environment, flag_key) WHERE status IN ('running', 'held');
CREATE INDEX rollout_check ON sluice.rollout (shard, next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX rollout_flag ON sluice.rollout (shard, tenant_id, environment, flag_key, rollout_id);

CREATE TABLE sluice.rollout_outcome (
    shard        smallint NOT NULL,
    tenant_id    uuid NOT NULL,
    rollout_id   uuid NOT NULL,
    step         smallint NOT NULL,
    is_treatment boolean NOT NULL,
    unit         text NOT NULL,
    n            integer NOT NULL,
    bad          integer NOT NULL CONSTRAINT bad_is_a_part_of_n CHECK (bad BETWEEN 0 AND n),
    last_at      timestamptz NOT NULL,
    PRIMARY KEY (shard, tenant_id, rollout_id, step, is_treatment, unit)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.rollout_outcome IS 'How first attempts of deliveries ended, by unit, in the step that is under way. Goes when the step ends: its verdict stays as evidence of the flag''s revision.';
COMMENT ON COLUMN sluice.rollout_outcome.bad IS 'Those of n that did not deliver.';

CREATE FUNCTION sluice.rollout_rule(p_rollout sluice.rollout, p_weight integer) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    -- The treatment first and a constant total: with more weight it loses no unit.
    SELECT jsonb_build_object('if', jsonb_build_array(
        jsonb_build_object('missing', jsonb_build_array(p_rollout.unit)),
        p_rollout.control,
        jsonb_build_object('fractional', jsonb_build_array(
            jsonb_build_object('cat', jsonb_build_array(p_rollout.seed, jsonb_build_object('var', p_rollout.unit))),
            jsonb_build_array(p_rollout.treatment, p_weight),
            jsonb_build_array(p_rollout.control, 10000 - p_weight)))))
$$;

COMMENT ON FUNCTION sluice.rollout_rule IS 'The evaluator of a rollout that gives the treatment to p_weight of 10000 units. Who has no unit gets the control.';

CREATE FUNCTION sluice.rollout_obstacle(p_flag sluice.flag, p_control text, p_treatment text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_flag.definition ->> 'state' IS DISTINCT FROM 'ENABLED' THEN 'disabled'
        WHEN NOT p_flag.definition -> 'variants' ?& ARRAY[p_control, p_treatment] THEN 'unknown_variant'
        WHEN coalesce(p_flag.definition -> 'targeting', '{}') <> '{}'
             AND NOT jsonb_path_exists(p_flag.definition -> 'targeting', '$.** ? (@."$ref" == $rule)',
                                       jsonb_build_object('rule', 'rollout/' || p_flag.key)) THEN 'not_referred'
    END
$$;

COMMENT ON FUNCTION sluice.rollout_obstacle IS 'Why a rollout can''t decide the flag''s variants: disabled, unknown_variant, or not_referred: its targeting has no {"$ref": "rollout/KEY"}. NULL: it can.';

CREATE FUNCTION sluice.write_rollout(
    p_set sluice.flag_set, p_rollout sluice.rollout, p_weight integer, p_source text, p_actor text, p_reason text,
    p_evidence jsonb DEFAULT NULL
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_now       timestamptz := clock_timestamp();
    v_is_active boolean := p_rollout.status IN ('running', 'held');
    v_flag      sluice.flag;
    v_version   bigint;
BEGIN
    SELECT * INTO v_flag FROM sluice.flag f
    WHERE f.shard = p_set.shard AND f.tenant_id = p_set.tenant_id AND f.environment = p_set.environment AND f.key = p_rollout.flag_key;
    v_flag.evaluator := CASE WHEN p_weight IS NULL THEN v_flag.evaluator ELSE sluice.rollout_rule(p_rollout, p_weight) END;
    v_flag.rollout := CASE WHEN v_is_active THEN jsonb_build_object(
        'id', p_rollout.rollout_id, 'step', p_rollout.step, 'unit', p_rollout.unit, 'control', p_rollout.control,
        'treatment', p_rollout.treatment) END;
    IF v_is_active AND coalesce(v_flag.definition -> 'targeting', '{}') = '{}' THEN
        v_flag.definition := v_flag.definition
            || jsonb_build_object('targeting', jsonb_build_object('$ref', 'rollout/' || v_flag.key));
    END IF;
    v_version := sluice.write_flag(p_set, v_flag, p_source, p_actor, p_reason, p_evidence);
    -- Outcomes are of one run of a step.
    DELETE FROM sluice.rollout_outcome o USING sluice.rollout r
    WHERE o.shard = p_rollout.shard AND o.tenant_id = p_rollout.tenant_id AND o.rollout_id = p_rollout.rollout_id
      AND r.shard = o.shard AND r.tenant_id = o.tenant_id AND r.rollout_id = o.rollout_id
      AND (NOT v_is_active OR r.step_started_at <> p_rollout.step_started_at);
    UPDATE sluice.rollout r
    SET status = p_rollout.status, hold_reason = p_rollout.hold_reason, step = p_rollout.step, is_approved = p_rollout.is_approved,
        step_started_at = p_rollout.step_started_at, verdict = p_rollout.verdict, base_version = v_version,
        next_check_at = CASE WHEN v_is_active THEN v_now END, ended_at = CASE WHEN NOT v_is_active THEN v_now END
    WHERE r.shard = p_rollout.shard AND r.tenant_id = p_rollout.tenant_id AND r.rollout_id = p_rollout.rollout_id;
    PERFORM sluice.publish_flag_set(p_set);
    RETURN v_version;
END $$;

COMMENT ON FUNCTION sluice.write_rollout IS 'Makes a rollout and its flag what p_rollout says, in one version of the set, which the caller has locked. p_weight NULL leaves what the flag''s evaluator decides. Outcomes go when the rollout ends or another run of a step begins. Returns the flag''s version.';

CREATE FUNCTION sluice.start_rollout(
    p_shard smallint, p_tenant uuid, p_environment text, p_key text, p_rollout uuid, p_control text, p_treatment text, p_unit text,
    p_keeps_seed boolean, p_steps text, p_guard text, p_actor text, p_reason text, OUT answer text, OUT version bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_set     sluice.flag_set;
    v_flag    sluice.flag;
    v_rollout sluice.rollout;
BEGIN
    SELECT * INTO v_set FROM sluice.flag_set s
    WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.environment = p_environment FOR UPDATE;
    SELECT * INTO v_flag FROM sluice.flag f
    WHERE f.shard = p_shard AND f.tenant_id = p_tenant AND f.environment = p_environment AND f.key = p_key AND f.archived_at IS NULL;
    answer := CASE WHEN NOT FOUND THEN 'unknown' WHEN v_flag.rollout IS NOT NULL THEN 'active'
                   ELSE sluice.rollout_obstacle(v_flag, p_control, p_treatment) END;
    IF answer IS NOT NULL THEN RETURN; END IF;
    SELECT r.seed INTO v_rollout.seed FROM sluice.rollout r
    WHERE p_keeps_seed AND r.shard = p_shard AND r.tenant_id = p_tenant AND r.environment = p_environment AND r.flag_key = p_key
    ORDER BY r.rollout_id DESC LIMIT 1;
    INSERT INTO sluice.rollout (shard, tenant_id, rollout_id, environment, flag_key, control, treatment, unit, seed, steps, guard,
                                base_version, started_by, started_at, step_started_at, next_check_at)
    VALUES (p_shard, p_tenant, p_rollout, p_environment, p_key, p_control, p_treatment, p_unit,
            coalesce(v_rollout.seed, p_rollout::text), p_steps::jsonb, p_guard::jsonb, v_flag.version, p_actor, v_now, v_now, v_now)
    RETURNING * INTO v_rollout;
    version := sluice.write_rollout(v_set, v_rollout, (v_rollout.steps -> 0 ->> 'weight')::integer, 'rollout', p_actor, p_reason);
    answer := 'started';
END $$;

COMMENT ON FUNCTION sluice.start_rollout IS 'Begins a rollout with its first step, with a seed of its own or the last one''s. A flag without targeting gets one that refers to the rollout. Answers started and the flag''s version, unknown (there is no such flag), active (it has a rollout), or as sluice.rollout_obstacle.';

CREATE FUNCTION sluice.command_rollout(
    p_shard smallint, p_tenant uuid, p_environment text, p_key text, p_command text, p_actor text, p_reason text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz;
    v_set     sluice.flag_set;
    v_flag    sluice.flag;
    v_rollout sluice.rollout;
    v_weight  integer;
    v_answer  text;
BEGIN
    SELECT * INTO v_set FROM sluice.flag_set s
    WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.environment = p_environment FOR UPDATE;
    SELECT * INTO v_rollout FROM sluice.rollout r
    WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.environment = p_environment AND r.flag_key = p_key
      AND r.status IN ('running', 'held') FOR UPDATE;
    IF NOT FOUND THEN RETURN 'none'; END IF;
    v_now := clock_timestamp();
    CASE p_command
        WHEN 'approve' THEN
            IF v_rollout.is_approved THEN RETURN 'done'; END IF;
            v_rollout.is_approved := true;
        WHEN 'hold' THEN
            IF v_rollout.status = 'held' THEN RETURN 'done'; END IF;
            v_rollout.status := 'held';
            v_rollout.hold_reason := 'command';
        WHEN 'resume' THEN
            IF v_rollout.status = 'running' THEN RETURN 'done'; END IF;
            SELECT * INTO v_flag FROM sluice.flag f
            WHERE f.shard = p_shard AND f.tenant_id = p_tenant AND f.environment = p_environment AND f.key = p_key;
            v_answer := sluice.rollout_obstacle(v_flag, v_rollout.control, v_rollout.treatment);
            IF v_answer IS NOT NULL THEN RETURN v_answer; END IF;
            v_rollout.status := 'running';
            v_rollout.hold_reason := NULL;
            v_rollout.is_approved := false;
            v_rollout.step_started_at := v_now;
            v_rollout.verdict := NULL;
            v_weight := v_rollout.steps -> v_rollout.step ->> 'weight';
        WHEN 'rollback' THEN
            v_rollout.status := 'rolled_back';
            v_rollout.hold_reason := NULL;
            v_weight := 0;
        WHEN 'cancel' THEN
            v_rollout.status := 'cancelled';
            v_rollout.hold_reason := NULL;
        ELSE
            RAISE EXCEPTION 'there is no command %', p_command USING ERRCODE = 'invalid_parameter_value',
                HINT = 'approve, hold, resume, rollback, cancel';
    END CASE;
    PERFORM sluice.write_rollout(v_set, v_rollout, v_weight, 'rollout', p_actor, coalesce(p_reason, p_command), v_rollout.verdict);
    RETURN 'done';
END $$;

COMMENT ON FUNCTION sluice.command_rollout IS 'What a person wants of a flag''s rollout. approve: the step may end; hold: it does not end by itself, and is watched; resume: a held step begins anew, with the flag as it is now; rollback: all get the control; cancel: the rollout ends, and the weights stay. Answers done, none (none is under way), or, of a resume, as sluice.rollout_obstacle.';

CREATE FUNCTION sluice.end_rollout(p_flag sluice.flag) RETURNS sluice.flag LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_rollout sluice.rollout;
BEGIN
    IF p_flag.rollout IS NULL THEN RETURN p_flag; END IF;
    UPDATE sluice.rollout r
    SET status = 'cancelled', hold_reason = NULL, next_check_at = NULL, ended_at = v_now
    WHERE r.shard = p_flag.shard AND r.tenant_id = p_flag.tenant_id AND r.rollout_id = (p_flag.rollout ->> 'id')::uuid
    RETURNING * INTO v_rollout;
    DELETE FROM sluice.rollout_outcome o
    WHERE o.shard = p_flag.shard AND o.tenant_id = p_flag.tenant_id AND o.rollout_id = v_rollout.rollout_id;
    p_flag.evaluator := sluice.rollout_rule(v_rollout, 0);
    p_flag.rollout := NULL;
    RETURN p_flag;
END $$;

COMMENT ON FUNCTION sluice.end_rollout IS 'Cancels the rollout of a flag that is killed or archived, and returns the flag without it: should it come back, all get the control. The caller has locked the set, and writes the flag.';

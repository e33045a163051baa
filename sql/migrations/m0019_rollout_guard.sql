-- How rollouts go on by themselves: outcomes are counted by unit, a step is judged by them, and the verdict is acted on.

CREATE FUNCTION sluice.note_rollout_outcomes(
    p_shards smallint[], p_tenants uuid[], p_rollouts uuid[], p_steps smallint[], p_treatments boolean[], p_units text[], p_counts integer[],
    p_bads integer[]
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_now   timestamptz := clock_timestamp();
    v_noted integer;
BEGIN
    -- First the rollouts, in their order: while they are shared no step ends, and whoever ends one waits for nobody here.
    PERFORM FROM sluice.rollout r
    WHERE (r.shard, r.tenant_id, r.rollout_id) IN (
        SELECT o.shard, o.tenant_id, o.rollout_id FROM unnest(p_shards, p_tenants, p_rollouts) AS o (shard, tenant_id, rollout_id))
    ORDER BY r.shard, r.tenant_id, r.rollout_id FOR SHARE;
    INSERT INTO sluice.rollout_outcome AS k (shard, tenant_id, rollout_id, step, is_treatment, unit, n, bad, last_at)
    SELECT o.shard, o.tenant_id, o.rollout_id, o.step, o.is_treatment, o.unit, o.n, o.bad, v_now
    FROM unnest(p_shards, p_tenants, p_rollouts, p_steps, p_treatments, p_units, p_counts, p_bads)
         AS o (shard, tenant_id, rollout_id, step, is_treatment, unit, n, bad)
    -- What comes of a step that is over, or of a tenant that was deleted, is nobody's.
    JOIN sluice.rollout r ON r.shard = o.shard AND r.tenant_id = o.tenant_id AND r.rollout_id = o.rollout_id AND r.step = o.step
                         AND r.status IN ('running', 'held')
    ORDER BY o.shard, o.tenant_id, o.rollout_id, o.step, o.is_treatment, o.unit
    ON CONFLICT ON CONSTRAINT rollout_outcome_pkey DO UPDATE
        SET n = k.n + EXCLUDED.n, bad = k.bad + EXCLUDED.bad, last_at = EXCLUDED.last_at;
    GET DIAGNOSTICS v_noted = ROW_COUNT;
    RETURN v_noted;
END $$;

COMMENT ON FUNCTION sluice.note_rollout_outcomes IS 'Adds outcomes to the counts of the steps that are under way. A unit may come once in a call.';

CREATE FUNCTION sluice.rollout_verdict(p_rollout sluice.rollout) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_now      timestamptz := clock_timestamp();
    v_weight   double precision := (p_rollout.steps -> p_rollout.step ->> 'weight')::double precision / 10000;
    v_least    integer := (p_rollout.steps -> p_rollout.step ->> 'min_n')::integer;
    v_alpha    double precision := p_rollout.guard ->> 'alpha';
    v_tau2     double precision := (p_rollout.guard ->> 'tau')::double precision ^ 2;
    v_max_age  interval := make_interval(secs => (p_rollout.guard ->> 'max_age_s')::double precision);
    v_control  record;
    v_all      record;
    v_worst    record;
    v_rest     record;
    v_pooled   double precision;
    v_variance double precision;
    v_lambda   double precision := 1;
    v_ratio_z  double precision;
    v_rule     text;
BEGIN
    SELECT coalesce(sum(o.n), 0) AS n, coalesce(sum(o.bad), 0) AS bad, count(*) AS units, max(o.last_at) AS last_at,
           coalesce(sum(o.bad)::double precision / nullif(sum(o.n), 0), 0) AS rate
    INTO v_control FROM sluice.rollout_outcome o
    WHERE o.shard = p_rollout.shard AND o.tenant_id = p_rollout.tenant_id AND o.rollout_id = p_rollout.rollout_id
      AND o.step = p_rollout.step AND NOT o.is_treatment;
    SELECT coalesce(sum(o.n), 0) AS n, coalesce(sum(o.bad), 0) AS bad, count(*) AS units, max(o.last_at) AS last_at,
           coalesce(sum(o.bad)::double precision / nullif(sum(o.n), 0), 0) AS rate
    INTO v_all FROM sluice.rollout_outcome o
    WHERE o.shard = p_rollout.shard AND o.tenant_id = p_rollout.tenant_id AND o.rollout_id = p_rollout.rollout_id
      AND o.step = p_rollout.step AND o.is_treatment;
    SELECT o.unit, o.n, o.bad INTO v_worst FROM sluice.rollout_outcome o
    WHERE o.shard = p_rollout.shard AND o.tenant_id = p_rollout.tenant_id AND o.rollout_id = p_rollout.rollout_id
      AND o.step = p_rollout.step AND o.is_treatment
    ORDER BY o.bad - v_control.rate * o.n DESC, o.unit LIMIT 1;
    SELECT coalesce(sum(o.n), 0) AS n, coalesce(sum(o.bad), 0) AS bad, count(*) AS units,
           coalesce(sum(o.bad)::double precision / nullif(sum(o.n), 0), 0) AS rate,
           count(*) FILTER (WHERE o.bad > 2 * v_control.rate * o.n) AS bad_units
    INTO v_rest FROM sluice.rollout_outcome o
    WHERE o.shard = p_rollout.shard AND o.tenant_id = p_rollout.tenant_id AND o.rollout_id = p_rollout.rollout_id
      AND o.step = p_rollout.step AND o.is_treatment AND o.unit <> v_worst.unit;

    IF v_rest.n > 0 AND v_control.n > 0 THEN
        -- The sides' variances by units, but not less than if each outcome were by itself.
        SELECT sum(arm.variance) INTO v_variance FROM (
            SELECT sum((o.bad - side.rate * o.n) ^ 2) / side.n ^ 2 * side.units / nullif(side.units - 1, 0) AS variance
            FROM (VALUES (false, v_control.n::double precision, v_control.rate, v_control.units),
                         (true, v_rest.n::double precision, v_rest.rate, v_rest.units)) AS side (is_treatment, n, rate, units)
            JOIN sluice.rollout_outcome o ON o.shard = p_rollout.shard AND o.tenant_id = p_rollout.tenant_id
             AND o.rollout_id = p_rollout.rollout_id AND o.step = p_rollout.step AND o.is_treatment = side.is_treatment
             AND NOT (o.is_treatment AND o.unit = v_worst.unit)
            GROUP BY side.is_treatment, side.n, side.rate, side.units) arm;
        v_pooled := (v_rest.bad + v_control.bad)::double precision / (v_rest.n + v_control.n);
        v_variance := greatest(v_variance, v_pooled * (1 - v_pooled) * (1.0 / v_rest.n + 1.0 / v_control.n));
        IF v_variance > 0 THEN
            -- The exponent is cut where a double precision ends.
            v_lambda := sqrt(v_variance / (v_variance + v_tau2))
                * exp(least(700, v_tau2 * (v_rest.rate - v_control.rate) ^ 2 / (2 * v_variance * (v_variance + v_tau2))));
        END IF;
    END IF;
    IF least(v_weight, 1 - v_weight) * (v_all.units + v_control.units) >= 10 THEN
        v_ratio_z := (abs(v_all.units - v_weight * (v_all.units + v_control.units)) - 0.5)
            / sqrt(v_weight * (1 - v_weight) * (v_all.units + v_control.units));
    END IF;
    v_rule := CASE
        WHEN v_rest.bad_units >= 3 AND least(v_rest.n, v_control.n) >= 20 AND v_rest.rate >= greatest(0.5, 3 * v_control.rate) THEN 'fast'
        WHEN v_rest.bad_units >= 3 AND v_rest.bad >= 5 AND v_rest.rate > v_control.rate AND v_lambda >= 1 / v_alpha
             AND least(v_rest.n, v_control.n) >= least(v_least, (p_rollout.guard ->> 'min_n')::integer) THEN 'sequential'
        -- As seldom by chance as once in 10,000.
        WHEN v_ratio_z > 3.89 THEN 'sample_ratio'
    END;
    RETURN jsonb_build_object(
        'outcome', CASE WHEN v_rule = 'sample_ratio' THEN 'mismatch' WHEN v_rule IS NOT NULL THEN 'regression' ELSE 'ok' END,
        'rule', v_rule,
        'waits_for', CASE
            WHEN least(v_all.n, v_control.n) < v_least THEN 'deliveries'
            WHEN least(v_all.last_at, v_control.last_at) < v_now - v_max_age THEN 'fresh_deliveries'
            WHEN v_rule IS NULL AND NOT p_rollout.is_approved AND v_all.rate >= greatest(0.5, 3 * v_control.rate) THEN 'another_unit'
        END,
        'treatment', jsonb_build_object('n', v_all.n, 'bad', v_all.bad, 'units', v_all.units, 'rate', round(v_all.rate::numeric, 6)),
        'control', jsonb_build_object('n', v_control.n, 'bad', v_control.bad, 'units', v_control.units, 'rate', round(v_control.rate::numeric, 6)),
        'left_out', CASE WHEN v_worst.unit IS NOT NULL
                         THEN jsonb_build_object('unit', v_worst.unit, 'n', v_worst.n, 'bad', v_worst.bad) END,
        'rate', round(v_rest.rate::numeric, 6), 'bad_units', v_rest.bad_units,
        'lambda', round(least(v_lambda, 1e12)::numeric, 4), 'p', round(least(1, 1 / v_lambda)::numeric, 6),
        'ratio_z', round(v_ratio_z::numeric, 3), 'at', v_now);
END $$;

COMMENT ON FUNCTION sluice.rollout_verdict IS 'Judges the step of a rollout that is under way. The unit with the most failures beyond the control''s rate is left out, so that one that is dead proves nothing. A regression is told by the rule fast (half of 20 and more fail, and thrice the control''s rate) or sequential (a mixture sequential probability ratio test, whose variance is that of units, reaches 1 / alpha; tau is the difference of rates for which it is tuned), in either case with 3 units beyond twice the control''s rate; a mismatch by the number of units that the weight should have given each side. waits_for says what the step''s end lacks: deliveries (min_n on each side), fresh_deliveries (none is older than max_age_s), or another_unit (most of the treatment fails, but too few units show it: a person may approve of it).';

CREATE FUNCTION sluice.is_canary_open(p_rollout sluice.rollout) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM sluice.flag f
        JOIN sluice.destination d ON d.shard = f.shard AND d.tenant_id = f.tenant_id AND d.name = f.definition -> 'variants' ->> p_rollout.treatment
        JOIN sluice.circuit c ON c.shard = d.shard AND c.tenant_id = d.tenant_id AND c.destination_id = d.destination_id
        WHERE f.shard = p_rollout.shard AND f.tenant_id = p_rollout.tenant_id AND f.environment = p_rollout.environment
          AND f.key = p_rollout.flag_key AND f.value_type = 'string' AND c.mode = 'auto' AND c.state IN ('open', 'half_open'))
$$;

COMMENT ON FUNCTION sluice.is_canary_open IS 'Whether the treatment is the name of a destination whose circuit is open.';

CREATE FUNCTION sluice.judge_rollout(p_set sluice.flag_set, p_rollout sluice.rollout) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_step    jsonb := p_rollout.steps -> p_rollout.step;
    v_mode    text := p_rollout.guard ->> 'mode';
    v_verdict jsonb := sluice.rollout_verdict(p_rollout);
    v_version bigint;
    v_weight  integer;
    v_waits   text;
    v_reason  text;
BEGIN
    SELECT f.version INTO v_version FROM sluice.flag f
    WHERE f.shard = p_rollout.shard AND f.tenant_id = p_rollout.tenant_id AND f.environment = p_rollout.environment AND f.key = p_rollout.flag_key;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF sluice.is_canary_open(p_rollout) THEN v_verdict := v_verdict || '{"outcome": "regression", "rule": "circuit"}'; END IF;
    v_waits := CASE
        WHEN v_now < p_rollout.step_started_at + make_interval(secs => (v_step ->> 'hold_s')::double precision) THEN 'hold_time'
        ELSE coalesce(v_verdict ->> 'waits_for',
                      CASE WHEN (v_step ->> 'approval')::boolean AND NOT p_rollout.is_approved THEN 'approval' END) END;
    v_verdict := v_verdict || jsonb_build_object('waits_for', v_waits);
    p_rollout.verdict := v_verdict;
    IF v_verdict ->> 'outcome' = 'regression' AND v_mode = 'rollback' THEN
        p_rollout.status := 'rolled_back';
        v_weight := 0;
    ELSIF p_rollout.status = 'held' THEN
        NULL;
    ELSIF v_version <> p_rollout.base_version THEN
        p_rollout.hold_reason := 'superseded';
    ELSIF v_verdict ->> 'outcome' = 'regression' AND v_mode = 'hold' THEN
        p_rollout.hold_reason := 'regression';
    ELSIF v_verdict ->> 'outcome' = 'mismatch' AND v_mode <> 'observe' THEN
        p_rollout.hold_reason := 'sample_ratio';
    ELSIF v_waits IS NULL AND p_rollout.step + 1 = jsonb_array_length(p_rollout.steps) THEN
        p_rollout.status := 'completed';
        v_weight := 10000;
    ELSIF v_waits IS NULL THEN
        v_reason := 'advanced';
        p_rollout.step := p_rollout.step + 1;
        p_rollout.step_started_at := v_now;
        p_rollout.is_approved := false;
        p_rollout.verdict := NULL;
        v_weight := p_rollout.steps -> p_rollout.step ->> 'weight';
    END IF;
    IF p_rollout.hold_reason IS NOT NULL AND p_rollout.status = 'running' THEN
        p_rollout.status := 'held';
        v_reason := 'held: ' || p_rollout.hold_reason;
    ELSIF p_rollout.status NOT IN ('running', 'held') THEN
        p_rollout.hold_reason := NULL;
        v_reason := p_rollout.status || coalesce(': ' || (v_verdict ->> 'rule'), '');
    END IF;
    IF v_reason IS NOT NULL THEN
        PERFORM sluice.write_rollout(p_set, p_rollout, v_weight, 'guard', 'rollout guard', v_reason, v_verdict);
    ELSE
        UPDATE sluice.rollout r SET verdict = v_verdict, next_check_at = v_now + interval '5 seconds'
        WHERE r.shard = p_rollout.shard AND r.tenant_id = p_rollout.tenant_id AND r.rollout_id = p_rollout.rollout_id;
    END IF;
    RETURN v_reason;
END $$;

COMMENT ON FUNCTION sluice.judge_rollout IS 'Judges a rollout that the caller has locked, with its set, and acts on the verdict: rolls back, holds, goes one step on, or completes. Returns what it did, or NULL: it goes on as it is, and is judged again in 5 seconds.';

CREATE FUNCTION sluice.check_rollout(
    p_shards smallint[], OUT shard smallint, OUT tenant_id uuid, OUT rollout_id uuid, OUT environment text, OUT flag_key text, OUT done text
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_due     sluice.rollout;
    v_set     sluice.flag_set;
    v_rollout sluice.rollout;
BEGIN
    -- It waits for nobody: what it has looked at before it would keep locked meanwhile.
    FOR v_due IN
        SELECT * FROM sluice.rollout r WHERE r.shard = ANY (p_shards) AND r.next_check_at <= v_now ORDER BY r.next_check_at LIMIT 64
    LOOP
        SELECT * INTO v_set FROM sluice.flag_set s
        WHERE s.shard = v_due.shard AND s.tenant_id = v_due.tenant_id AND s.environment = v_due.environment FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        SELECT * INTO v_rollout FROM sluice.rollout r
        WHERE r.shard = v_due.shard AND r.tenant_id = v_due.tenant_id AND r.rollout_id = v_due.rollout_id AND r.next_check_at <= v_now
        FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        done := sluice.judge_rollout(v_set, v_rollout);
        shard := v_rollout.shard;
        tenant_id := v_rollout.tenant_id;
        rollout_id := v_rollout.rollout_id;
        environment := v_rollout.environment;
        flag_key := v_rollout.flag_key;
        RETURN;
    END LOOP;
END $$;

COMMENT ON FUNCTION sluice.check_rollout IS 'Judges the rollout that is most overdue, of those that nobody has locked; says which, and what was done. NULLs: none is due.';

CREATE FUNCTION sluice.circuit_opened(p_shard smallint, p_tenant uuid, p_destination uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_now     timestamptz := clock_timestamp();
    v_due     sluice.rollout;
    v_set     sluice.flag_set;
    v_rollout sluice.rollout;
BEGIN
    FOR v_due IN
        SELECT r.* FROM sluice.rollout r
        JOIN sluice.flag f ON f.shard = r.shard AND f.tenant_id = r.tenant_id AND f.environment = r.environment AND f.key = r.flag_key
        JOIN sluice.destination d ON d.shard = f.shard AND d.tenant_id = f.tenant_id AND d.name = f.definition -> 'variants' ->> r.treatment
        WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.status IN ('running', 'held') AND f.value_type = 'string'
          AND d.destination_id = p_destination
        ORDER BY r.environment, r.flag_key
    LOOP
        -- The circuit's lock is held: waiting for who may wait for that would be a deadlock. A check sees the circuit as well.
        SELECT * INTO v_set FROM sluice.flag_set s
        WHERE s.shard = p_shard AND s.tenant_id = p_tenant AND s.environment = v_due.environment FOR UPDATE SKIP LOCKED;
        SELECT * INTO v_rollout FROM sluice.rollout r
        WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.rollout_id = v_due.rollout_id AND r.next_check_at IS NOT NULL
        FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN v_rollout.rollout_id IS NULL;
        IF v_set.set_id IS NOT NULL THEN
            PERFORM sluice.judge_rollout(v_set, v_rollout);
        ELSE
            UPDATE sluice.rollout r SET next_check_at = v_now
            WHERE r.shard = p_shard AND r.tenant_id = p_tenant AND r.rollout_id = v_due.rollout_id;
        END IF;
    END LOOP;
END $$;

COMMENT ON FUNCTION sluice.circuit_opened IS 'Judges the rollouts whose treatment is the name of that destination, in the transaction in which its circuit opens; where somebody is at their set, they are due for their next check at once.';

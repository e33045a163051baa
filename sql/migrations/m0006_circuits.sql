-- Circuits: the health of destinations as the gateway sees it, what operators want, and the outcomes from which both
-- follow. A circuit's verdict is copied to its destination's lanes in the transaction that changes it, so that holding
-- is one row a lane, whatever the backlog.
--
-- The machine itself is a pure function in the program (Sources/Circuits). It reads a circuit, decides, and writes the
-- new state if the version is still the one that it read: sluice.apply_circuit.

CREATE TYPE sluice.circuit_mode AS ENUM ('auto', 'observe', 'forced_open', 'forced_closed');
COMMENT ON TYPE sluice.circuit_mode IS 'What the operator wants: auto lets the machine decide, observe lets it only tell.';

CREATE TYPE sluice.circuit_state AS ENUM ('closed', 'open', 'half_open', 'ramping');
COMMENT ON TYPE sluice.circuit_state IS 'What the machine thinks: closed passes, open holds, half_open probes, ramping passes within a limit.';

CREATE TABLE sluice.circuit (
    shard              smallint NOT NULL,
    tenant_id          uuid NOT NULL,
    destination_id     uuid NOT NULL,
    version            bigint NOT NULL DEFAULT 1,
    mode               sluice.circuit_mode NOT NULL DEFAULT 'auto',
    mode_until         timestamptz,
    mode_by            text,
    mode_reason        text,
    state              sluice.circuit_state NOT NULL DEFAULT 'closed',
    epoch              bigint NOT NULL DEFAULT 1,
    state_since        timestamptz NOT NULL,
    reason             text NOT NULL DEFAULT 'created',
    opened_at          timestamptz,
    retry_at           timestamptz,
    reopen_count       integer NOT NULL DEFAULT 0,
    stable_since       timestamptz,
    openings           timestamptz[] NOT NULL DEFAULT '{}',
    alerts             integer NOT NULL DEFAULT 0,
    probe_owner        uuid,
    probe_token        bigint NOT NULL DEFAULT 0,
    probe_lease_until  timestamptz,
    probe_ok           integer NOT NULL DEFAULT 0,
    probe_fail         integer NOT NULL DEFAULT 0,
    probe_lost         integer NOT NULL DEFAULT 0,
    probe_skip_request uuid,
    throttled_until    timestamptz,
    dispatch_limit     double precision,
    ssthresh           double precision,
    limit_at           timestamptz,
    limit_seen         integer[],
    last_good_limit    double precision,
    ceiling            integer CONSTRAINT ceiling_is_positive CHECK (ceiling > 0),
    suspected_since    timestamptz,
    would_open_at      timestamptz,
    health_is_up       boolean,
    failed_canaries    integer NOT NULL DEFAULT 0,
    probe_at           timestamptz,
    timer_at           timestamptz,
    PRIMARY KEY (shard, tenant_id, destination_id),
    CONSTRAINT probe_lease_is_owned CHECK ((probe_owner IS NULL) = (probe_lease_until IS NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.circuit IS 'One row a destination: may deliveries go there, and how many at a time.';
COMMENT ON COLUMN sluice.circuit.version IS 'Counts writes: who decided on an older version decides again.';
COMMENT ON COLUMN sluice.circuit.mode_until IS 'When the mode falls back to auto.';
COMMENT ON COLUMN sluice.circuit.epoch IS 'Begins anew with every change of state or mode. Outcomes of attempts that were claimed in another epoch are not counted.';
COMMENT ON COLUMN sluice.circuit.reason IS 'Why the state is as it is.';
COMMENT ON COLUMN sluice.circuit.opened_at IS 'When the circuit left closed; until it is closed again.';
COMMENT ON COLUMN sluice.circuit.retry_at IS 'Open: when a probe is due. Half-open: when the last probe had its verdict.';
COMMENT ON COLUMN sluice.circuit.reopen_count IS 'Openings that lengthen the next wait.';
COMMENT ON COLUMN sluice.circuit.stable_since IS 'Since when nothing has failed enough; it forgives openings.';
COMMENT ON COLUMN sluice.circuit.openings IS 'The latest openings, for the alarm of a circuit that flaps.';
COMMENT ON COLUMN sluice.circuit.alerts IS 'How many ages of this outage have been announced.';
COMMENT ON COLUMN sluice.circuit.probe_token IS 'Fence of the last probe that was let through; it ascends.';
COMMENT ON COLUMN sluice.circuit.probe_skip_request IS 'The request of the last probe that failed, which may have been the fault: the next probe is another.';
COMMENT ON COLUMN sluice.circuit.throttled_until IS 'Nothing is claimed before: the destination asked for a pause.';
COMMENT ON COLUMN sluice.circuit.dispatch_limit IS 'Deliveries in flight that the machine allows; NULL: as many as the destination''s settings.';
COMMENT ON COLUMN sluice.circuit.ssthresh IS 'Below it dispatch_limit doubles, above it grows by one.';
COMMENT ON COLUMN sluice.circuit.limit_seen IS 'Sums of ok, failed and pushed-back deliveries at the limit''s last change.';
COMMENT ON COLUMN sluice.circuit.last_good_limit IS 'What was allowed when the circuit last left closed.';
COMMENT ON COLUMN sluice.circuit.ceiling IS 'The operator''s limit.';
COMMENT ON COLUMN sluice.circuit.suspected_since IS 'Since when the failures have been those of one worker only.';
COMMENT ON COLUMN sluice.circuit.failed_canaries IS 'Probes that failed while the health check was up.';
COMMENT ON COLUMN sluice.circuit.probe_at IS 'When a probe may be let through, if there is something to probe with.';
COMMENT ON COLUMN sluice.circuit.timer_at IS 'When time alone changes something: a lease or a mode ends, a limit grows, an alert is due.';

CREATE INDEX circuit_probe ON sluice.circuit (shard, probe_at) WHERE probe_at IS NOT NULL;
CREATE INDEX circuit_timer ON sluice.circuit (shard, timer_at) WHERE timer_at IS NOT NULL;

CREATE TABLE sluice.circuit_bucket (
    shard             smallint NOT NULL,
    tenant_id         uuid NOT NULL,
    destination_id    uuid NOT NULL,
    worker            uuid NOT NULL,
    slot              smallint NOT NULL,
    bucket            bigint NOT NULL,
    epoch             bigint NOT NULL,
    ok                integer NOT NULL,
    fail              integer NOT NULL,
    lasting           integer NOT NULL,
    server_errors     integer NOT NULL,
    distinct_requests integer NOT NULL,
    unresolved        integer NOT NULL,
    slow              integer NOT NULL,
    pushback          integer NOT NULL,
    rtt_us            bigint NOT NULL,
    PRIMARY KEY (shard, tenant_id, destination_id, worker, slot)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE sluice.circuit_bucket IS 'Outcomes as each worker saw them, in buckets of five seconds. A ring of thirteen rows a worker and destination, written over in place: a minute and the bucket under way.';
COMMENT ON COLUMN sluice.circuit_bucket.slot IS 'bucket modulo 13.';
COMMENT ON COLUMN sluice.circuit_bucket.bucket IS 'Unix time divided by five seconds; tells an old row from a current one.';
COMMENT ON COLUMN sluice.circuit_bucket.epoch IS 'The circuit''s epoch in which these attempts were claimed.';
COMMENT ON COLUMN sluice.circuit_bucket.fail IS 'All failures but 500s and those of the resolver.';
COMMENT ON COLUMN sluice.circuit_bucket.lasting IS 'Those of fail that seconds won''t heal.';
COMMENT ON COLUMN sluice.circuit_bucket.distinct_requests IS 'Requests with a first 500 within a minute.';
COMMENT ON COLUMN sluice.circuit_bucket.unresolved IS 'Failures of the resolver: they count when two workers see them.';

CREATE TABLE sluice.circuit_event (
    shard          smallint NOT NULL,
    tenant_id      uuid NOT NULL,
    destination_id uuid NOT NULL,
    at             timestamptz NOT NULL,
    epoch          bigint NOT NULL,
    reason         text NOT NULL,
    from_state     sluice.circuit_state NOT NULL,
    to_state       sluice.circuit_state NOT NULL,
    mode           sluice.circuit_mode NOT NULL,
    actor          text,
    evidence       jsonb NOT NULL,
    PRIMARY KEY (shard, tenant_id, destination_id, at, epoch, reason)
);

COMMENT ON TABLE sluice.circuit_event IS 'What circuits did and why, and what operators did to them.';
COMMENT ON COLUMN sluice.circuit_event.epoch IS 'The epoch that began with it, or in which it happened.';
COMMENT ON COLUMN sluice.circuit_event.actor IS 'Who did it; NULL: the machine.';
COMMENT ON COLUMN sluice.circuit_event.evidence IS 'The counts on which the machine decided, or the operator''s words.';

CREATE TABLE sluice.circuit_policy (
    shard          smallint NOT NULL,
    tenant_id      uuid NOT NULL,
    destination_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    overrides      jsonb NOT NULL CONSTRAINT overrides_are_an_object CHECK (jsonb_typeof(overrides) = 'object'),
    PRIMARY KEY (shard, tenant_id, destination_id)
);

COMMENT ON TABLE sluice.circuit_policy IS 'Parameters of circuits that differ from the gateway''s defaults: of a tenant, and over those, of a destination.';
COMMENT ON COLUMN sluice.circuit_policy.destination_id IS 'All zeros: of all the tenant''s destinations.';
COMMENT ON COLUMN sluice.circuit_policy.overrides IS 'Values by the names of the parameters; durations in seconds.';

CREATE FUNCTION sluice.circuit_gate(p_mode sluice.circuit_mode, p_state sluice.circuit_state) RETURNS sluice.gate
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN p_mode = 'forced_open' THEN 'hold'
        WHEN p_mode IN ('observe', 'forced_closed') OR p_state IN ('closed', 'ramping') THEN 'pass'
        ELSE 'hold' END::sluice.gate
$$;

COMMENT ON FUNCTION sluice.circuit_gate IS 'What a circuit''s lanes are told. Probes of a half-open circuit pass a closed gate by their leases.';

CREATE FUNCTION sluice.lane_gate(p_tenant uuid, p_mode sluice.circuit_mode, p_state sluice.circuit_state) RETURNS sluice.gate
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM sluice.tenant t WHERE t.tenant_id = p_tenant AND t.state <> 'active') THEN 'hold'
                ELSE sluice.circuit_gate(p_mode, p_state) END
$$;

COMMENT ON FUNCTION sluice.lane_gate IS 'The circuit''s verdict, and hold while the tenant is not active.';

CREATE FUNCTION sluice.show_circuit_to_lanes(p_shard smallint, p_tenant uuid, p_destination uuid, p_limit integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_circuit sluice.circuit;
    v_gate    sluice.gate;
    v_now     timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO v_circuit FROM sluice.circuit c
    WHERE c.shard = p_shard AND c.tenant_id = p_tenant AND c.destination_id = p_destination;
    -- Against a change of the tenant's state meanwhile.
    PERFORM FROM sluice.tenant t WHERE t.tenant_id = p_tenant FOR SHARE;
    v_gate := sluice.lane_gate(p_tenant, v_circuit.mode, v_circuit.state);
    -- Several lanes in their order: no deadlock.
    PERFORM FROM sluice.lane l
    WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND l.destination_id = p_destination AND l.is_ordered
    ORDER BY l.lane_id FOR NO KEY UPDATE;
    -- A lane that is held is not armed: who opens the gate arms it, as if its work had just come.
    UPDATE sluice.lane l
    SET gate = v_gate, epoch = v_circuit.epoch, dispatch_limit = p_limit, throttled_until = v_circuit.throttled_until,
        fresh_since = CASE WHEN v_gate = 'pass' AND l.gate = 'hold' AND NOT l.is_ordered THEN v_now ELSE l.fresh_since END,
        armed = l.armed AND v_gate = 'pass',
        next_due_at = CASE WHEN v_gate = 'pass' THEN l.next_due_at END
    WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND l.destination_id = p_destination
      AND (l.gate, l.epoch, l.dispatch_limit, l.throttled_until)
          IS DISTINCT FROM (v_gate, v_circuit.epoch, p_limit, v_circuit.throttled_until);
END $$;

COMMENT ON FUNCTION sluice.show_circuit_to_lanes IS 'Copies a circuit''s verdict to its destination''s lanes, in the transaction that changed it.';

CREATE FUNCTION sluice.announce_circuit(p_shard smallint, p_tenant uuid, p_destination uuid) RETURNS void
LANGUAGE sql AS $$
    SELECT pg_notify('sluice_circuit', concat_ws(',', c.shard, c.tenant_id, c.destination_id, c.epoch, c.state))
    FROM sluice.circuit c WHERE c.shard = p_shard AND c.tenant_id = p_tenant AND c.destination_id = p_destination
$$;

COMMENT ON FUNCTION sluice.announce_circuit IS 'Tells every process that a circuit''s epoch has changed.';

CREATE FUNCTION sluice.apply_circuit(
    p_next sluice.circuit, p_limit integer, p_announce boolean, p_at timestamptz, p_events jsonb
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sluice.circuit c
    SET version = c.version + 1,
        mode = p_next.mode, mode_until = p_next.mode_until, mode_by = p_next.mode_by, mode_reason = p_next.mode_reason,
        state = p_next.state, epoch = p_next.epoch, state_since = p_next.state_since, reason = p_next.reason,
        opened_at = p_next.opened_at, retry_at = p_next.retry_at, reopen_count = p_next.reopen_count,
        stable_since = p_next.stable_since, openings = p_next.openings, alerts = p_next.alerts,
        probe_owner = p_next.probe_owner, probe_token = p_next.probe_token, probe_lease_until = p_next.probe_lease_until,
        probe_ok = p_next.probe_ok, probe_fail = p_next.probe_fail, probe_lost = p_next.probe_lost,
        probe_skip_request = p_next.probe_skip_request, throttled_until = p_next.throttled_until,
        dispatch_limit = p_next.dispatch_limit, ssthresh = p_next.ssthresh, limit_at = p_next.limit_at,
        limit_seen = p_next.limit_seen, last_good_limit = p_next.last_good_limit, ceiling = p_next.ceiling,
        suspected_since = p_next.suspected_since, would_open_at = p_next.would_open_at, health_is_up = p_next.health_is_up,
        failed_canaries = p_next.failed_canaries, probe_at = p_next.probe_at, timer_at = p_next.timer_at
    WHERE c.shard = p_next.shard AND c.tenant_id = p_next.tenant_id AND c.destination_id = p_next.destination_id
      AND c.version = p_next.version;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM sluice.show_circuit_to_lanes(p_next.shard, p_next.tenant_id, p_next.destination_id, p_limit);
    INSERT INTO sluice.circuit_event (shard, tenant_id, destination_id, at, epoch, reason, from_state, to_state, mode, actor, evidence)
    SELECT p_next.shard, p_next.tenant_id, p_next.destination_id, p_at, e.epoch, e.reason, e.from_state, e.to_state, e.mode, e.actor, e.evidence
    FROM jsonb_to_recordset(p_events) AS e (epoch bigint, reason text, from_state sluice.circuit_state,
        to_state sluice.circuit_state, mode sluice.circuit_mode, actor text, evidence jsonb)
    ON CONFLICT DO NOTHING;
    IF p_next.mode = 'auto' AND jsonb_path_exists(p_events, '$[*] ? (@.to_state == "open" && @.from_state != "open")') THEN
        PERFORM sluice.circuit_opened(p_next.shard, p_next.tenant_id, p_next.destination_id);
    END IF;
    IF p_announce THEN PERFORM sluice.announce_circuit(p_next.shard, p_next.tenant_id, p_next.destination_id); END IF;
    RETURN true;
END $$;

COMMENT ON FUNCTION sluice.apply_circuit IS 'Writes what the machine decided, if the circuit is still in the version on which it decided; else changes nothing and returns false. A circuit that opens rolls back what was being rolled out to its destination. The caller arms the lanes of a gate that opened, after the commit.';

CREATE FUNCTION sluice.put_circuit_policy(p_shard smallint, p_tenant uuid, p_destination uuid, p_overrides jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sluice.circuit_policy (shard, tenant_id, destination_id, overrides)
    VALUES (p_shard, p_tenant, p_destination, p_overrides)
    ON CONFLICT (shard, tenant_id, destination_id) DO UPDATE SET overrides = EXCLUDED.overrides;
    RETURN sluice.config_changed('circuit_policy', p_shard, p_tenant, p_destination);
END $$;

COMMENT ON FUNCTION sluice.put_circuit_policy IS 'Lays parameters over the gateway''s defaults; a destination of zeros stands for all of the tenant''s.';

CREATE FUNCTION sluice.claim_probe(p_shard smallint, p_tenant uuid, p_destination uuid, p_worker uuid, p_token bigint, p_skip uuid) RETURNS TABLE (
    lane_id bigint, tenant_id uuid, request_id uuid, attempt smallint, is_expired boolean,
    method text, path text, query text, headers text, body bytea, epoch bigint, rollout text)
LANGUAGE plpgsql ROWS 1 SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz := clock_timestamp();
    v_lane sluice.lane;
    v_row  sluice.ready;
BEGIN
    FOR v_lane IN
        SELECT l.* FROM sluice.lane l
        WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND l.destination_id = p_destination
          AND NOT EXISTS (SELECT FROM sluice.tenant t WHERE t.tenant_id = p_tenant AND t.state <> 'active')
        ORDER BY l.lane_id FOR NO KEY UPDATE
    LOOP
        -- An ordered lane is probed with its first delivery, when that is due again, or not at all.
        CONTINUE WHEN v_lane.is_ordered AND (v_lane.blocked_until > v_now
            OR EXISTS (SELECT FROM sluice.in_flight f WHERE f.shard = p_shard AND f.lane_id = v_lane.lane_id));
        -- The oldest, or the one after it where that is the one to skip; never more of the backlog than these two.
        SELECT oldest.* INTO v_row FROM (
            SELECT w.* FROM sluice.ready w
            WHERE w.shard = p_shard AND w.lane_id = v_lane.lane_id AND w.due_at <= v_now
            ORDER BY w.due_at, w.request_id LIMIT 2) oldest
        ORDER BY oldest.request_id = p_skip AND NOT v_lane.is_ordered, oldest.due_at, oldest.request_id LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        DELETE FROM sluice.ready w
        WHERE w.shard = p_shard AND w.lane_id = v_row.lane_id AND w.due_at = v_row.due_at AND w.request_id = v_row.request_id;
        INSERT INTO sluice.in_flight (shard, attempt, bytes, lane_id, due_at, claimed_at, lease_until, epoch, token, request_id, tenant_id, worker, is_awaited)
        VALUES (p_shard, v_row.attempts + 1, v_row.bytes, v_row.lane_id, v_row.due_at, v_now, v_now + v_lane.lease, v_lane.epoch,
                p_token, v_row.request_id, p_tenant, p_worker, v_row.is_awaited);
        RETURN QUERY
        SELECT v_row.lane_id, q.tenant_id, q.request_id, (v_row.attempts + 1)::smallint, coalesce(q.expires_at <= v_now, false),
               q.method, q.path, q.query, q.headers, q.body, v_lane.epoch,
               CASE WHEN q.stamps IS NOT NULL THEN sluice.rollout_of(q.stamps, v_row.lane_id) END
        FROM sluice.request q WHERE q.shard = p_shard AND q.tenant_id = p_tenant AND q.request_id = v_row.request_id;
        RETURN;
    END LOOP;
END $$;

COMMENT ON FUNCTION sluice.claim_probe IS 'Claims one due delivery past a closed gate, for the holder of a probe''s lease. No row: there is nothing to probe with.';

-- Processes that run: what a step of the schema that leaves older programs behind must wait for, and what operators look at.

CREATE TABLE sluice.process (
    process_id uuid PRIMARY KEY,
    level      text NOT NULL,
    roles      text[] NOT NULL CONSTRAINT process_roles_are_known CHECK (roles <@ ARRAY['serve', 'work']),
    host       text NOT NULL CONSTRAINT process_host_is_short CHECK (octet_length(host) <= 255),
    pid        integer NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL
);

COMMENT ON TABLE sluice.process IS 'Processes of the gateway. Each makes itself known before it serves and every five seconds, and takes its row away at its end; that of one that crashed goes after a minute.';
COMMENT ON COLUMN sluice.process.level IS 'The last step of the schema that its program knows.';
COMMENT ON COLUMN sluice.process.roles IS 'serve: it answers the API. work: it delivers.';
COMMENT ON COLUMN sluice.process.pid IS 'On its host, or in its container.';
COMMENT ON COLUMN sluice.process.started_at IS 'When it made itself known; anew, where it had not been seen for a minute.';

CREATE FUNCTION sluice.beat(p_process uuid, p_level text, p_roles text[], p_host text, p_pid integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    -- Who has been seen just now is waited for by the step itself.
    UPDATE sluice.process p SET seen_at = v_now WHERE p.process_id = p_process AND p.seen_at > v_now - interval '30 seconds';
    IF NOT FOUND THEN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('sluice.process', 0));
        v_now := clock_timestamp();
        INSERT INTO sluice.process (process_id, level, roles, host, pid, started_at, seen_at)
        VALUES (p_process, p_level, p_roles, p_host, p_pid, v_now, v_now)
        ON CONFLICT ON CONSTRAINT process_pkey DO UPDATE SET seen_at = EXCLUDED.seen_at;
    END IF;
    RETURN (SELECT max(m.serves COLLATE "C") FROM sluice.migration m);
END $$;

COMMENT ON FUNCTION sluice.beat IS 'Says that a process runs; returns the oldest step whose programs the schema serves. One that is new, or was not seen for half a minute, waits while a step is taken that leaves programs behind. Every later version of the schema must answer it, for it is how an older program learns that it has to end.';

CREATE FUNCTION sluice.leave(p_process uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sluice.process p WHERE p.process_id = p_process;
    RETURN FOUND;
END $$;

COMMENT ON FUNCTION sluice.leave IS 'Says that a process has ended; returns whether it was known.';

CREATE FUNCTION sluice.forget_processes(p_unseen interval) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_before  timestamptz := clock_timestamp() - p_unseen;
    v_deleted integer;
BEGIN
    DELETE FROM sluice.process p WHERE p.seen_at < v_before;
    GET DIAGNOSTICS v_deleted = ROW_COUNT;
    RETURN v_deleted;
END $$;

COMMENT ON FUNCTION sluice.forget_processes IS 'Removes processes that have not been seen for so long; returns how many.';

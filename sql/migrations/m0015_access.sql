-- Who may do what. Roles are the cluster's and have no login: the logins of people and processes are members of them.
--
-- sluice_owner          owns the schema; migrates.
-- sluice_api            answers one tenant at a time: sees the rows of the tenant that sluice.tenant_id names, or none.
-- sluice_worker         what is of no one tenant: deliveries, storing, upkeep, the operator's API. All rows, no DDL.
-- sluice_reader         operators who look: all rows, no secrets, no writes.
-- sluice_tenant_reader  logins of tenants: each sees the rows of its tenant.
--
-- The policies of sluice_api and sluice_tenant_reader are equalities with a stable function, so that they are one with the
-- statements' own filters: the planner compares the two once, and walks the index that it would have walked.

DO $$
DECLARE
    v_role    text;
    v_missing text[] := '{}';
BEGIN
    FOREACH v_role IN ARRAY ARRAY['sluice_owner', 'sluice_api', 'sluice_worker', 'sluice_reader', 'sluice_tenant_reader'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles r WHERE r.rolname = v_role);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
        EXCEPTION
            -- Another database of the cluster is being migrated.
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN v_missing := v_missing || v_role;
        END;
    END LOOP;
    IF v_missing <> '{}' THEN
        RAISE insufficient_privilege USING MESSAGE = format(
            '%I may not create roles, and there are no %s. Let a superuser run: %s GRANT sluice_owner, sluice_api, sluice_worker TO %I; then migrate again',
            current_user, array_to_string(v_missing, ', '),
            (SELECT string_agg(format('CREATE ROLE %I;', m), ' ') FROM unnest(v_missing) AS m), current_user);
    END IF;
    -- Who migrates may hand over what it makes, and run the gateway. Where it may not grant, doctor tells what is missing.
    FOREACH v_role IN ARRAY ARRAY['sluice_owner', 'sluice_api', 'sluice_worker'] LOOP
        CONTINUE WHEN pg_has_role(v_role, 'MEMBER');
        BEGIN
            EXECUTE format('GRANT %I TO %I', v_role, current_user);
        EXCEPTION WHEN insufficient_privilege OR unique_violation THEN NULL;
        END;
    END LOOP;
END $$;

CREATE TABLE sluice.tenant_reader (
    role_name  name PRIMARY KEY,
    shard      smallint NOT NULL,
    tenant_id  uuid NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    granted_by name NOT NULL DEFAULT session_user
);

COMMENT ON TABLE sluice.tenant_reader IS 'Which tenant''s rows a login may read. Nobody but the owner writes it: a setting could be changed by who reads.';
COMMENT ON COLUMN sluice.tenant_reader.role_name IS 'The login, as session_user: it stays the same whatever role is set.';

CREATE FUNCTION sluice.current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('sluice.tenant_id', true), '')::uuid
$$;

COMMENT ON FUNCTION sluice.current_tenant IS 'The tenant for whom the transaction works, or NULL. Simple enough to become part of the statement that calls it.';

CREATE FUNCTION sluice.reader_shard() RETURNS smallint
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.shard FROM sluice.tenant_reader r WHERE r.role_name = session_user
$$;

COMMENT ON FUNCTION sluice.reader_shard IS 'The shard of the tenant that the session''s login may read, or NULL.';

CREATE FUNCTION sluice.reader_tenant() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.tenant_id FROM sluice.tenant_reader r WHERE r.role_name = session_user
$$;

COMMENT ON FUNCTION sluice.reader_tenant IS 'The tenant that the session''s login may read, or NULL.';

CREATE FUNCTION sluice.acts_for(p_tenant uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(p_tenant = sluice.current_tenant(), false)
        OR pg_has_role(CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END,
                       'sluice_worker', 'USAGE')
$$;

COMMENT ON FUNCTION sluice.acts_for IS 'Whether the transaction works for a tenant, or its role for all of them. For functions with the owner''s rights, which no policy binds: the setting role stays the caller''s inside of them.';

CREATE FUNCTION sluice.backlog(
    p_shard smallint, p_tenant uuid, p_destination uuid, p_limit bigint, OUT waiting bigint, OUT oldest_at timestamptz
) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    v_lanes bigint[];
BEGIN
    waiting := 0;
    IF NOT sluice.acts_for(p_tenant) THEN RETURN; END IF;
    SELECT array_agg(l.lane_id) INTO v_lanes FROM sluice.lane l
    WHERE l.shard = p_shard AND l.tenant_id = p_tenant AND (p_destination IS NULL OR l.destination_id = p_destination);
    SELECT count(*) INTO waiting FROM (
        SELECT FROM unnest(v_lanes) AS i (lane_id)
        CROSS JOIN LATERAL (SELECT FROM sluice.ready w WHERE w.shard = p_shard AND w.lane_id = i.lane_id LIMIT p_limit) w
        LIMIT p_limit) counted;
    SELECT min(first.due_at) INTO oldest_at FROM unnest(v_lanes) AS i (lane_id)
    CROSS JOIN LATERAL (
        SELECT w.due_at FROM sluice.ready w WHERE w.shard = p_shard AND w.lane_id = i.lane_id ORDER BY w.due_at LIMIT 1) first;
END $$;

COMMENT ON FUNCTION sluice.backlog IS 'Deliveries of a destination, or of all of a tenant''s, that wait, are scheduled or held, counted up to p_limit, and when the first of them is due. It has the owner''s rights and looks at whom it works for itself: the policy of ready, which names no tenant, would look up the lane of each row that is counted.';

CREATE FUNCTION sluice.grant_tenant_reader(tenant text, role_name name) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    v_tenant sluice.tenant;
    v_reads  uuid;
    v_more   text;
BEGIN
    SELECT t.* INTO v_tenant FROM sluice.tenant t WHERE t.name = tenant AND t.state <> 'deleting';
    IF NOT FOUND THEN RAISE no_data_found USING MESSAGE = format('there is no tenant %s', tenant); END IF;
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role_name) THEN
        RAISE undefined_object USING MESSAGE = format('there is no role %s: make the login first', role_name);
    END IF;
    SELECT string_agg(m.name, ', ') INTO v_more
    FROM unnest(ARRAY['sluice_owner', 'sluice_api', 'sluice_worker', 'sluice_reader']) AS m (name)
    WHERE pg_has_role(role_name, m.name, 'MEMBER');
    IF v_more IS NOT NULL THEN
        RAISE invalid_grant_operation USING
            MESSAGE = format('%s would read more than one tenant: it is a superuser, or a member of %s', role_name, v_more);
    END IF;
    SELECT r.tenant_id INTO v_reads FROM sluice.tenant_reader r WHERE r.role_name = grant_tenant_reader.role_name FOR UPDATE;
    IF v_reads <> v_tenant.tenant_id THEN
        RAISE invalid_grant_operation USING MESSAGE = format('%s reads another tenant: revoke that first', role_name);
    END IF;
    INSERT INTO sluice.tenant_reader (role_name, shard, tenant_id) VALUES (role_name, v_tenant.shard, v_tenant.tenant_id)
    ON CONFLICT ON CONSTRAINT tenant_reader_pkey DO NOTHING;
    EXECUTE format('GRANT sluice_tenant_reader TO %I', role_name);
END $$;

COMMENT ON FUNCTION sluice.grant_tenant_reader IS 'Lets a login read the rows of one tenant, but no secrets, in force with the commit. Who calls it must be a superuser, or own the schema and be able to grant sluice_tenant_reader.';

CREATE FUNCTION sluice.revoke_tenant_reader(role_name name) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
    DELETE FROM sluice.tenant_reader r WHERE r.role_name = revoke_tenant_reader.role_name;
    IF NOT FOUND THEN RAISE no_data_found USING MESSAGE = format('%s reads no tenant', role_name); END IF;
    IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = revoke_tenant_reader.role_name) THEN
        EXECUTE format('REVOKE sluice_tenant_reader FROM %I', role_name);
    END IF;
END $$;

COMMENT ON FUNCTION sluice.revoke_tenant_reader IS 'Ends what grant_tenant_reader gave.';

CREATE FUNCTION sluice.access_tables() RETURNS TABLE (
    table_id oid, name name, belongs_by text, is_guarded boolean, hidden text[], for_people text, for_tenants text
) LANGUAGE sql STABLE AS $$
    SELECT c.oid, c.relname, CASE WHEN columns.names @> '{tenant_id}' THEN 'tenant' WHEN columns.names @> '{lane_id}' THEN 'lane' END,
           c.relrowsecurity, columns.hidden, columns.for_people, columns.for_tenants
    FROM pg_class c
    CROSS JOIN LATERAL (
        SELECT array_agg(a.attname::text) AS names,
               coalesce(array_agg(a.attname::text) FILTER (WHERE secret.is_so), '{}') AS hidden,
               string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FILTER (WHERE NOT secret.is_so) AS for_people,
               string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FILTER (
                   WHERE NOT secret.is_so AND (c.relname, a.attname) NOT IN (('lane', 'vtime'), ('in_flight', 'token'))) AS for_tenants
        FROM pg_attribute a
        CROSS JOIN LATERAL (
            SELECT a.atttypid = 'bytea'::regtype AND a.attname NOT IN ('body', 'response_body')
                OR a.attname ~ 'secret|password|key_hash' OR (c.relname, a.attname) = ('health_check', 'headers') AS is_so) secret
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) columns
    WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
$$;

COMMENT ON FUNCTION sluice.access_tables IS 'Tables as apply_access sees them: whose rows they hold (a tenant''s, told by its id or by its lane; NULL: the gateway''s own), and which columns people and tenants'' logins may read. Hidden are bytea but bodies, what is named as a secret or a hash of a key, and the headers of health checks; from tenants also what tells how busy others are.';

CREATE FUNCTION sluice.take_ownership() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_object text;
BEGIN
    IF NOT pg_has_role('sluice_owner', 'MEMBER') THEN RETURN; END IF;
    FOR v_object IN
        SELECT 'SCHEMA sluice' FROM pg_namespace n WHERE n.nspname = 'sluice' AND n.nspowner <> 'sluice_owner'::regrole
        UNION ALL
        SELECT CASE c.relkind WHEN 'v' THEN 'VIEW ' ELSE 'TABLE ' END || c.oid::regclass FROM pg_class c
        WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND c.relowner <> 'sluice_owner'::regrole
        UNION ALL
        SELECT 'ROUTINE ' || p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'sluice'::regnamespace AND p.proowner <> 'sluice_owner'::regrole
        UNION ALL
        SELECT 'TYPE ' || t.oid::regtype FROM pg_type t
        WHERE t.typnamespace = 'sluice'::regnamespace AND t.typtype = 'e' AND t.typowner <> 'sluice_owner'::regrole
    LOOP
        EXECUTE format('ALTER %s OWNER TO sluice_owner', v_object);
    END LOOP;
END $$;

COMMENT ON FUNCTION sluice.take_ownership IS 'Hands the schema and all that is in it to sluice_owner, where the caller may.';

CREATE FUNCTION sluice.guard_tables() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_table record;
    v_rule  record;
BEGIN
    FOR v_table IN SELECT * FROM sluice.access_tables() t WHERE t.belongs_by IS NOT NULL ORDER BY t.name LOOP
        IF NOT v_table.is_guarded THEN EXECUTE format('ALTER TABLE sluice.%I ENABLE ROW LEVEL SECURITY', v_table.name); END IF;
        FOR v_rule IN
            SELECT * FROM (VALUES
                ('sluice_worker', 'ALL', NULL),
                ('sluice_reader', 'SELECT', NULL),
                ('sluice_api', 'ALL', '%1$s.tenant_id = sluice.current_tenant()'),
                ('sluice_tenant_reader', 'SELECT', '%1$s.shard = sluice.reader_shard() AND %1$s.tenant_id = sluice.reader_tenant()')
            ) AS r (role_name, command, condition)
            WHERE NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = v_table.table_id AND p.polname = r.role_name)
        LOOP
            EXECUTE format('CREATE POLICY %I ON sluice.%I FOR %s TO %I USING (%s)', v_rule.role_name, v_table.name, v_rule.command, v_rule.role_name,
                CASE WHEN v_rule.condition IS NULL THEN 'true'
                     WHEN v_table.belongs_by = 'tenant' THEN format(v_rule.condition, quote_ident(v_table.name))
                     ELSE format('EXISTS (SELECT FROM sluice.lane l WHERE l.shard = %1$I.shard AND l.lane_id = %1$I.lane_id AND %2$s)',
                                 v_table.name, format(v_rule.condition, 'l')) END);
        END LOOP;
    END LOOP;
END $$;

COMMENT ON FUNCTION sluice.guard_tables IS 'Row-level security and the policies of each role, on every table that holds rows of tenants. What is there already stays, so that no lock is taken for it.';

CREATE FUNCTION sluice.grant_tables() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_table record;
    v_grant record;
    v_view  name;
    -- What the API may do, where that is not everything with its tenant's rows. A replay may send a request to one more lane. To
    -- lock a tenant's row it must be able to write a column of it; this one its policy keeps as it is.
    v_api   jsonb := '{"request": "SELECT, UPDATE (lanes)", "attempt": "SELECT, INSERT", "tenant": "SELECT, UPDATE (tenant_id)", "config_change": "INSERT",
                       "in_flight": "SELECT, UPDATE (is_cancelled)", "idempotency_key": "", "expiry": "", "tenant_reader": "",
                       "config_version": "SELECT, UPDATE", "migration": "SELECT", "flag_revision": "SELECT, INSERT",
                       "traffic": "SELECT", "depth": "SELECT"}';
BEGIN
    GRANT USAGE ON SCHEMA sluice TO sluice_api, sluice_worker, sluice_reader, sluice_tenant_reader;
    REVOKE ALL ON ALL TABLES IN SCHEMA sluice FROM PUBLIC, sluice_api, sluice_worker, sluice_reader, sluice_tenant_reader;
    FOR v_table IN SELECT * FROM sluice.access_tables() LOOP
        FOR v_grant IN
            SELECT * FROM (VALUES
                ('sluice_api', coalesce(v_api ->> v_table.name, CASE WHEN v_table.belongs_by IS NULL THEN '' ELSE 'SELECT, INSERT, UPDATE, DELETE' END)),
                ('sluice_worker', CASE WHEN v_table.name IN ('migration', 'tenant_reader') THEN 'SELECT'
                                       WHEN v_table.name = 'flag_revision' THEN 'SELECT, INSERT' ELSE 'SELECT, INSERT, UPDATE, DELETE' END),
                ('sluice_reader', CASE WHEN v_table.hidden = '{}' THEN 'SELECT' ELSE format('SELECT (%s)', v_table.for_people) END),
                ('sluice_tenant_reader', CASE
                    WHEN v_table.belongs_by IS NULL OR v_table.name IN ('config_change', 'tenant_reader') THEN ''
                    WHEN v_table.hidden = '{}' AND v_table.for_tenants = v_table.for_people THEN 'SELECT'
                    ELSE format('SELECT (%s)', v_table.for_tenants) END)) AS g (role_name, privileges)
            WHERE g.privileges <> ''
        LOOP
            EXECUTE format('GRANT %s ON sluice.%I TO %I', v_grant.privileges, v_table.name, v_grant.role_name);
        END LOOP;
    END LOOP;
    -- The leader vacuums them itself. Before PostgreSQL 17 only an owner may.
    IF current_setting('server_version_num')::integer >= 170000 THEN
        EXECUTE 'GRANT MAINTAIN ON sluice.ready, sluice.in_flight, sluice.lane TO sluice_worker';
    END IF;
    FOR v_view IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind = 'v' LOOP
        EXECUTE format('ALTER VIEW sluice.%I SET (security_invoker = true)', v_view);
        EXECUTE format('GRANT SELECT ON sluice.%I TO sluice_api, sluice_worker, sluice_reader, sluice_tenant_reader', v_view);
    END LOOP;
END $$;

COMMENT ON FUNCTION sluice.grant_tables IS 'What each role may do with tables and views. Of partitions, nothing: they are reached through their tables, whose policies hold. Views read with the rights of who reads.';

CREATE FUNCTION sluice.grant_functions() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_function record;
BEGIN
    REVOKE ALL ON ALL ROUTINES IN SCHEMA sluice FROM PUBLIC, sluice_api, sluice_worker, sluice_reader, sluice_tenant_reader;
    FOR v_function IN
        SELECT p.oid::regprocedure AS signature, p.proname AS name, EXISTS (
                   SELECT FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, place)
                   WHERE a.type = 'uuid'::regtype AND p.proargnames[a.place] = 'p_tenant') AS takes_a_tenant
        FROM pg_proc p WHERE p.pronamespace = 'sluice'::regnamespace
    LOOP
        CONTINUE WHEN v_function.name IN (
            'apply_access', 'take_ownership', 'guard_tables', 'grant_tables', 'grant_functions', 'grant_tenant_reader', 'revoke_tenant_reader',
            'remove_rows');
        IF v_function.name IN ('reader_shard', 'reader_tenant') THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO sluice_tenant_reader', v_function.signature);
            CONTINUE;
        END IF;
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO sluice_worker', v_function.signature);
        IF v_function.takes_a_tenant AND v_function.name NOT IN (
               'create_tenant', 'claim_probe', 'advance_replay', 'record_health_check', 'return_health_check', 'health_was_told')
           OR v_function.name IN ('current_tenant', 'circuit_gate', 'apply_circuit', 'tell_outcomes', 'write_flag', 'publish_flag_set',
                                  'flag_set_fits', 'rollout_rule', 'rollout_obstacle', 'write_rollout', 'end_rollout') THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO sluice_api', v_function.signature);
        END IF;
    END LOOP;
END $$;

COMMENT ON FUNCTION sluice.grant_functions IS 'Who may call what: sluice_worker all but what changes access, sluice_api what does something for one tenant (it has a parameter p_tenant), people nothing. A function has its caller''s rights, so calling it gains nothing; those with the owner''s look for themselves.';

CREATE FUNCTION sluice.apply_access() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sluice.take_ownership();
    PERFORM sluice.guard_tables();
    PERFORM sluice.grant_tables();
    PERFORM sluice.grant_functions();
END $$;

COMMENT ON FUNCTION sluice.apply_access IS 'Gives every table, view and function of the schema the access that it must have, by the catalogue. Called at the end of each migration, so that a later table can''t be forgotten; changes nothing where all is as it should be. The caller owns the schema.';

CREATE FUNCTION sluice.access_faults() RETURNS TABLE (fault text) LANGUAGE sql STABLE AS $$
    SELECT format('table %s has no row-level security', t.name) FROM sluice.access_tables() t
    WHERE t.belongs_by IS NOT NULL AND NOT t.is_guarded
    UNION ALL
    SELECT format('table %s has no policy for %s', t.name, r.name) FROM sluice.access_tables() t
    CROSS JOIN unnest(ARRAY['sluice_api', 'sluice_worker', 'sluice_reader', 'sluice_tenant_reader']) AS r (name)
    WHERE t.belongs_by IS NOT NULL AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.table_id AND p.polname = r.name)
    UNION ALL
    SELECT format('table %s can''t be read by %s', t.name, r.name) FROM sluice.access_tables() t
    CROSS JOIN unnest(ARRAY['sluice_worker', 'sluice_reader']) AS r (name)
    WHERE NOT has_any_column_privilege(r.name, t.table_id, 'SELECT')
    UNION ALL
    SELECT DISTINCT format('partition %s can be reached past the policies of its table', c.relname) FROM pg_class c
    CROSS JOIN unnest(ARRAY['sluice_api', 'sluice_worker', 'sluice_reader', 'sluice_tenant_reader']) AS r (name)
    WHERE c.relnamespace = 'sluice'::regnamespace AND c.relispartition AND c.relkind = 'r'
      AND has_any_column_privilege(r.name, c.oid, 'SELECT, INSERT, UPDATE')
    UNION ALL
    SELECT format('view %s reads with its owner''s rights', c.relname) FROM pg_class c
    WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind = 'v' AND NOT coalesce(c.reloptions @> '{security_invoker=true}', false)
    UNION ALL
    SELECT format('function %s can be called by everybody', p.proname) FROM pg_proc p
    WHERE p.pronamespace = 'sluice'::regnamespace
      AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
$$;

COMMENT ON FUNCTION sluice.access_faults IS 'What apply_access would mend, one sentence each.';

-- name: bench.facts
-- > name text
-- > value text
SELECT name, setting || coalesce(unit, '') AS value FROM pg_settings
WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'shared_buffers', 'max_wal_size', 'wal_sync_method', 'full_page_writes')
ORDER BY name;

-- name: bench.insert
-- $1 body text
INSERT INTO bench_insert (body) VALUES ($1);

-- name: bench.fill
-- Stores requests for a lane, as ingest would have.
-- $1 shard int2
-- $2 tenant uuid
-- $3 destination uuid
-- $4 lane int8
-- $5 count int4
-- $6 body bytea
-- $7 first int8
WITH stored AS (
    INSERT INTO sluice.request (shard, tenant_id, request_id, destination_id, lanes, method, path, query, headers, body, received_at, due_at)
    SELECT $1, $2, (substr(sluice.first_request_id((now() AT TIME ZONE 'UTC')::date)::text, 1, 14) || '7000-8000-' || lpad(to_hex($7::bigint + n), 12, '0'))::uuid,
           $3, ARRAY[$4::bigint], 'POST', '/bench', NULL, E'content-type: application/octet-stream\n', $6, now(), now()
    FROM generate_series(1, $5) AS n
    RETURNING shard, lanes[1] AS lane_id, due_at, request_id, octet_length(body) AS bytes)
INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id)
SELECT s.shard, 0, s.bytes, s.lane_id, s.due_at, s.request_id FROM stored s;

-- name: bench.hold
-- Closes the gates of a tenant's lanes.
-- $1 shard int2
-- $2 tenant uuid
UPDATE sluice.lane SET gate = 'hold' WHERE shard = $1 AND tenant_id = $2;

-- name: bench.release
-- As if a tenant's backlog had been delivered: its requests stay stored.
-- $1 shard int2
-- $2 tenant uuid
DELETE FROM sluice.ready w USING sluice.lane l
WHERE l.shard = $1 AND l.tenant_id = $2 AND w.shard = l.shard AND w.lane_id = l.lane_id;

-- name: bench.settle_ready
VACUUM (ANALYZE) sluice.ready;

-- name: bench.settle_request
VACUUM (ANALYZE) sluice.request;

-- name: bench.settle_writes
CHECKPOINT;

-- name: bench.calls
-- > calls int8
SELECT coalesce(sum(calls), 0)::bigint AS calls FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%';

-- name: bench.reset_calls
-- > done bool
SELECT pg_stat_statements_reset() IS NOT NULL AS done;

-- name: bench.queue_fill
-- $1 count int4
-- $2 text text
INSERT INTO bench_queue (vt, message) SELECT now(), jsonb_build_object('text', $2::text) FROM generate_series(1, $1);

-- name: bench.queue_read
-- $1 visible_in interval
-- $2 rows int4
-- > msg_id int8
-- > read_ct int4
-- > enqueued_at timestamptz
-- > vt timestamptz
-- > message jsonb
WITH next AS (
    SELECT msg_id FROM bench_queue WHERE vt <= clock_timestamp() ORDER BY msg_id ASC LIMIT $2::integer FOR UPDATE SKIP LOCKED)
UPDATE bench_queue q SET vt = clock_timestamp() + $1, read_ct = read_ct + 1
FROM next WHERE q.msg_id = next.msg_id
RETURNING q.msg_id, q.read_ct, q.enqueued_at, q.vt, q.message;

-- name: bench.queue_archive
-- $1 ids int8[]
WITH archived AS (DELETE FROM bench_queue WHERE msg_id = ANY ($1) RETURNING msg_id, read_ct, enqueued_at, vt, message)
INSERT INTO bench_archive (msg_id, read_ct, enqueued_at, vt, message)
SELECT msg_id, read_ct, enqueued_at, vt, message FROM archived;

-- name: bench.claim_buffers
-- Pages that the claim since the last reset touched.
-- > buffers int8
SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0)::bigint AS buffers FROM pg_stat_statements
WHERE query LIKE '%sluice.claim(%' AND query NOT LIKE '%pg_stat_statements%';

-- name: bench.circuit_times
-- When events of a circuit happened, oldest first.
-- $1 shard int2
-- $2 tenant uuid
-- $3 destination uuid
-- $4 reason text
-- > at timestamptz
SELECT e.at FROM sluice.circuit_event e
WHERE e.shard = $1 AND e.tenant_id = $2 AND e.destination_id = $3 AND e.reason = $4 ORDER BY e.at;

-- name: bench.open_circuits
-- Opens a tenant's circuits; their next probe is far.
-- $1 shard int2
-- $2 tenant uuid
UPDATE sluice.circuit
SET state = 'open', epoch = epoch + 1, reason = 'failures', state_since = now(), opened_at = now(),
    retry_at = now() + interval '1 hour', probe_at = now() + interval '1 hour', timer_at = now() + interval '15 minutes'
WHERE shard = $1 AND tenant_id = $2;

-- name: bench.command_wal
-- What the commands since the last reset wrote.
-- > bytes int8
SELECT coalesce(sum(wal_bytes), 0)::bigint AS bytes FROM pg_stat_statements
WHERE query LIKE '%sluice.command_circuit(%' AND query NOT LIKE '%pg_stat_statements%';

-- name: bench.count_nothing
-- Reports leave circuits out.
DO $$ BEGIN
    EXECUTE replace(pg_get_functiondef('sluice.report'::regproc), 'h.signal <> ''ignored''', 'false');
END $$;

-- name: bench.count_outcomes
DO $$ BEGIN
    EXECUTE replace(pg_get_functiondef('sluice.report'::regproc), 'WHERE false', 'WHERE h.signal <> ''ignored''');
END $$;

-- name: processes.beat
-- The process runs. Every version of the schema must answer this.
-- $1 process uuid
-- $2 level text
-- $3 roles text[]
-- $4 host text
-- $5 pid int4
-- > serves text
SELECT sluice.beat($1, $2, $3, $4, $5) AS serves;

-- name: processes.leave
-- The process has ended.
-- $1 process uuid
-- > was_known bool
SELECT sluice.leave($1) AS was_known;

-- name: processes.list
-- Those that run, and those that have crashed within the last minute.
-- > process_id uuid
-- > level text
-- > roles text[]
-- > host text
-- > pid int4
-- > started_at timestamptz
-- > seen_at timestamptz
SELECT process_id, level, roles, host, pid, started_at, seen_at FROM sluice.process ORDER BY started_at, process_id LIMIT 1000;

-- name: processes.schema
-- The schema's last step, and the oldest whose programs it serves.
-- > level text
-- > serves text
SELECT max(name COLLATE "C") AS level, max(serves COLLATE "C") AS serves FROM sluice.migration;

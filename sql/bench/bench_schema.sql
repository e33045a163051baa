-- What the benchmarks compare Sluice with, in a database of their own.

CREATE TABLE bench_insert (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body text NOT NULL
);

COMMENT ON TABLE bench_insert IS 'One durable row a request: the least that a storage-first gateway without group commit would do.';

-- A queue and its archive as pgmq's create() makes them.
CREATE TABLE bench_queue (
    msg_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    read_ct     integer NOT NULL DEFAULT 0,
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    vt          timestamptz NOT NULL,
    message     jsonb
);
CREATE INDEX bench_queue_vt ON bench_queue (vt ASC);

CREATE TABLE bench_archive (
    msg_id      bigint PRIMARY KEY,
    read_ct     integer NOT NULL DEFAULT 0,
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    archived_at timestamptz NOT NULL DEFAULT now(),
    vt          timestamptz NOT NULL,
    message     jsonb
);
CREATE INDEX bench_archive_archived_at ON bench_archive (archived_at);

CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

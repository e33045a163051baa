-- What the benchmarks compare Sluice with, in a database of their own.

CREATE TABLE bench_insert (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body text NOT NULL
);

COMMENT ON TABLE bench_insert IS 'One durable row a request: the least that a storage-first gateway without group commit would do.';

-- The shape of a pgmq queue and its archive.
CREATE TABLE bench_queue (
    msg_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    read_ct     integer NOT NULL DEFAULT 0,
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    vt          timestamptz NOT NULL,
    message     bytea NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX bench_queue_vt ON bench_queue (vt);

CREATE TABLE bench_archive (
    msg_id      bigint PRIMARY KEY,
    read_ct     integer NOT NULL,
    enqueued_at timestamptz NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT now(),
    vt          timestamptz NOT NULL,
    message     bytea NOT NULL
);

CREATE EXTENSION IF NOT EXISTS pg_stat_statements;

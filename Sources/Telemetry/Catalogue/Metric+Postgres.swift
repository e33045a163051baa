extension Metric {
    package static let databaseWait = histogram(
        "sluice_database_wait_seconds", by: "client", upTo: 32, in: Buckets.seconds,
        "How long a statement waited for a connection, by the purpose of the connections.")
    package static let databaseConnections = gauge(
        "sluice_database_connections", by: "client", upTo: 32, "Connections that are ready, by purpose.")
    package static let databaseDisconnects = counter(
        "sluice_database_disconnects_total", by: "client", upTo: 32,
        "Connections that broke or could not be made, by purpose. The purpose `listen` is the listener.")
    package static let replicaReads = counter(
        "sluice_replica_reads_total", by: "outcome", upTo: 8,
        "Reads of lists where there is a replica: `served` by it, or by the primary for its `lag`, a `conflict`, a `failure`, or in the `cool_down` after one."
    )
    package static let listenerLag = gauge(
        "sluice_listener_lag_seconds",
        "From a notification of this process to its arrival here, or how long one has been missing. Measured every 15 s."
    )

    package static let readingFailures = counter(
        "sluice_reading_failures_total", "Times that the figures of the database could not be read.")
    package static let oldestXmin = gauge(
        "sluice_postgres_oldest_xmin_age", "Transactions since the oldest one whose rows vacuum must keep.")
    package static let oldestTransaction = gauge(
        "sluice_postgres_oldest_transaction_seconds", "For how long the oldest transaction has been open.")
    package static let frozenAge = gauge(
        "sluice_postgres_frozen_age",
        "Transactions since the database was frozen; PostgreSQL stops at two thousand million.")
    package static let deadRows = gauge(
        "sluice_postgres_dead_rows", by: "table", upTo: 16, "Dead rows of the tables that change most, as estimated.")
    package static let backends = gauge(
        "sluice_postgres_backends", by: "state", upTo: 16, "Connections of all programs to the database, by state.")
    package static let backendLimit = gauge(
        "sluice_postgres_backend_limit", "Connections that the server takes.")
    package static let partitions = gauge("sluice_postgres_partitions", "Days for which requests have a partition.")
    package static let partitionsAhead = gauge(
        "sluice_postgres_partitions_ahead", "Days from tomorrow on that have a partition.")
    package static let oldestPartition = gauge(
        "sluice_postgres_oldest_partition_age_seconds", "From the beginning of the oldest partition's day to now.")
    package static let databaseBytes = gauge("sluice_postgres_database_bytes", "The database on disk.")
    package static let slotLag = gauge(
        "sluice_postgres_slot_lag_bytes", by: "slot", upTo: 8, "WAL that the server keeps for a replication slot.")
    package static let replicaLag = gauge(
        "sluice_postgres_replica_lag_bytes", by: "replica", upTo: 8, "WAL that a replica has not replayed yet.")

    static let ofPostgres = [
        databaseWait, databaseConnections, databaseDisconnects, replicaReads, listenerLag, readingFailures,
    ]

    /// By the names that the statement `metrics.postgres` gives them.
    package static let ofServer = [
        oldestXmin, oldestTransaction, frozenAge, deadRows, backends, backendLimit, partitions, partitionsAhead,
        oldestPartition, databaseBytes, slotLag, replicaLag,
    ]
}

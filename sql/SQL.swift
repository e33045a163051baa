package import Postgres

/// The project's SQL, compiled in: nothing has to be shipped beside the binary.
package enum SQL {
    /// In order of application. Append only: a file that was applied anywhere must not change.
    package static let migrations: [Migration] = [
        Migration(name: "m0001_configuration", sql: text(PackageResources.m0001_configuration_sql)),
        Migration(name: "m0002_requests", sql: text(PackageResources.m0002_requests_sql)),
        Migration(name: "m0003_lanes", sql: text(PackageResources.m0003_lanes_sql)),
        Migration(name: "m0004_ingest", sql: text(PackageResources.m0004_ingest_sql)),
        Migration(name: "m0005_upkeep", sql: text(PackageResources.m0005_upkeep_sql)),
        Migration(name: "m0006_circuits", sql: text(PackageResources.m0006_circuits_sql)),
        Migration(name: "m0007_circuit_commands", sql: text(PackageResources.m0007_circuit_commands_sql)),
        Migration(name: "m0008_health", sql: text(PackageResources.m0008_health_sql)),
        Migration(name: "m0009_tenants", sql: text(PackageResources.m0009_tenants_sql)),
        Migration(name: "m0010_destinations", sql: text(PackageResources.m0010_destinations_sql)),
        Migration(name: "m0011_deliveries", sql: text(PackageResources.m0011_deliveries_sql)),
        Migration(name: "m0012_reports", sql: text(PackageResources.m0012_reports_sql)),
        Migration(name: "m0013_replays", sql: text(PackageResources.m0013_replays_sql)),
        Migration(name: "m0014_routes", sql: text(PackageResources.m0014_routes_sql)),
        Migration(name: "m0015_access", sql: text(PackageResources.m0015_access_sql)),
        Migration(name: "m0016_flags", sql: text(PackageResources.m0016_flags_sql)),
        Migration(name: "m0017_flag_sets", sql: text(PackageResources.m0017_flag_sets_sql)),
        Migration(name: "m0018_rollouts", sql: text(PackageResources.m0018_rollouts_sql)),
        Migration(name: "m0019_rollout_guard", sql: text(PackageResources.m0019_rollout_guard_sql)),
        Migration(name: "m0020_views", sql: text(PackageResources.m0020_views_sql)),
        Migration(name: "m0021_enqueue", sql: text(PackageResources.m0021_enqueue_sql)),
        Migration(name: "m0022_actions", sql: text(PackageResources.m0022_actions_sql)),
        Migration(name: "m0023_statistics", sql: text(PackageResources.m0023_statistics_sql)),
        Migration(name: "m0024_dashboard", sql: text(PackageResources.m0024_dashboard_sql)),
        Migration(name: "m0025_processes", sql: text(PackageResources.m0025_processes_sql)),
    ]

    /// The last step that this program knows: how new it is, to the schema.
    package static let level = migrations.last?.name ?? ""

    /// Every named statement of the query files.
    package static let statements: [Statement] = [
        PackageResources.tenants_sql, PackageResources.keys_sql, PackageResources.destinations_sql,
        PackageResources.routes_sql, PackageResources.sources_sql,
        PackageResources.requests_sql, PackageResources.replays_sql,
        PackageResources.deliveries_sql, PackageResources.flags_sql, PackageResources.rollouts_sql,
        PackageResources.upkeep_sql, PackageResources.circuits_sql, PackageResources.health_sql,
        PackageResources.statistics_sql, PackageResources.processes_sql, PackageResources.metrics_sql,
        PackageResources.replica_sql, PackageResources.doctor_sql, PackageResources.completion_sql,
        PackageResources.top_sql,
    ].flatMap(parse)

    /// Ends each migration: gives all that the schema has the access that it must have.
    package static let access = Statement("SELECT sluice.apply_access()")

    /// What the benchmarks need besides, in a database of their own.
    package static let benchStatements = parse(PackageResources.bench_sql)
    package static let benchSchema = text(PackageResources.bench_schema_sql)

    /// A statement by its name. The tidy tests prepare every statement that the source names, so a wrong name does not
    /// get past them.
    package static subscript(name: String) -> Statement {
        guard let statement = byName[name] else { preconditionFailure("no query file has a statement \(name)") }
        return statement
    }

    private static let byName = Dictionary((statements + benchStatements).map { ($0.name, $0) }) { first, _ in first }

    private static func parse(_ file: [UInt8]) -> [Statement] {
        do {
            return try Statement.parse(text(file))
        } catch {
            preconditionFailure("a query file is malformed: \(error)")
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

import Foundation
import Logging
package import Postgres
import SQL

/// A PostgreSQL server for the time of one benchmark, in a temporary directory, with fsync on; baseline and subject run
/// in it one after the other.
package struct BenchServer: Sendable {
    package let connection: ConnectionSettings
    package let connectionString: String
    let directory: URL
    private let server: LocalServer

    /// Room for the WAL of a run, so that no checkpoint falls into one of two halves; everything else is the default.
    static let settings = [
        "shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min", "max_connections": "200",
        "shared_preload_libraries": "pg_stat_statements",
    ]

    package static func with<T>(_ body: (BenchServer) async throws -> T) async throws -> T {
        let directory = URL(fileURLWithPath: "/tmp/sluice-bench-\(ProcessInfo.processInfo.processIdentifier)")
        let server = try await LocalServer.start(directory: directory.path, settings: settings)
        let bench = BenchServer(
            connection: try ConnectionSettings(server.connectionString), connectionString: server.connectionString,
            directory: directory, server: server)
        do {
            try await bench.prepare()
            let value = try await body(bench)
            try await bench.remove()
            return value
        } catch {
            try? await bench.remove()
            throw error
        }
    }

    private func prepare() async throws {
        let loop = try Loop()
        defer { loop.stop() }
        let client = Client(.init(connection, name: "bench-setup"), on: loop)
        try await Migrator(
            SQL.migrations, finish: SQL.access, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        ).migrate(
            client)
        for statement in splitStatements(SQL.benchSchema) { _ = try await client.execute(Statement(statement)) }
        await client.close()
    }

    /// It has to be killed before the server ends.
    func pooler() async throws -> LocalPooler {
        try await LocalPooler.start(before: server, port: UInt16.random(in: 20_000..<32_000))
    }

    private func remove() async throws {
        try await server.stop(mode: .immediate)
        try FileManager.default.removeItem(at: directory)
    }

    /// A client with the statements of benchmarks and gateway, without a time limit on what fills tables.
    package func client(on loop: Loop, connections: Int = 1, statements: [Statement] = SQL.benchStatements) -> Client {
        Client(configuration(connections, statements), on: loop)
    }

    /// As `client`, but with the server's own way of planning, which baselines are used to.
    func baselineClient(on loop: Loop, connections: Int) -> Client {
        var configuration = configuration(connections, SQL.benchStatements)
        configuration.sessionSettings.removeAll { $0.name == "plan_cache_mode" }
        return Client(configuration, on: loop)
    }

    /// Lets what was stored reach the disk, so that its write-back does not fall into a measurement. Blocks its thread for
    /// as long as the disk needs.
    static func settle(_ client: Client) async throws {
        for statement in ["bench.settle_ready", "bench.settle_request", "bench.settle_writes"] {
            _ = try await client.execute(SQL[statement])
        }
        sync()
    }

    private func configuration(_ connections: Int, _ statements: [Statement]) -> Client.Configuration {
        .init(
            connection, name: "bench", connections: connections, statements: statements, statementTimeout: .seconds(600)
        )
    }
}

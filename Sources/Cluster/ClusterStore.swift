package import Model
package import Postgres
import SQL

/// The processes that run, and the schema that they share.
package struct ClusterStore: Sendable {
    package static let statements = SQL.statements.filter { $0.name.hasPrefix("processes.") }

    package struct Member: Sendable {
        package let process: ClusterProcess
        package let startedAt: Timestamp
        package let seenAt: Timestamp
    }

    package struct Schema: Sendable, Equatable {
        /// Its last step.
        package let level: String
        /// The oldest step whose programs it serves.
        package let servesFrom: String
    }

    private let client: Client

    /// - Parameter client: has prepared `statements`, and acts as `DatabaseRole.worker`.
    package init(_ client: Client) { self.client = client }

    /// Says that the process runs; returns the oldest step whose programs the schema serves.
    package func beat(_ process: ClusterProcess) async throws -> String {
        let rows = try await client.execute(
            SQL["processes.beat"],
            Parameters(process.id.uuid, process.level, process.roles, process.host, process.pid))
        return try rows.first?.decode(0) ?? ""
    }

    /// The process ends.
    package func leave(_ process: ProcessID) async throws {
        _ = try await client.execute(SQL["processes.leave"], Parameters(process.uuid))
    }

    /// Those seen within the last minute, the oldest first; at most 1,000.
    package func members() async throws -> [Member] {
        try await client.query(SQL["processes.list"]).map { row in
            Member(process: try ClusterProcess(row), startedAt: try row.decode(5), seenAt: try row.decode(6))
        }
    }

    package func schema() async throws -> Schema? {
        try await client.query(SQL["processes.schema"]).first.map { row in
            Schema(level: try row.decode(0), servesFrom: try row.decode(1))
        }
    }
}

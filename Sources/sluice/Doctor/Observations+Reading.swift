import Foundation
import Logging
import Postgres
import SQL
import Tenants

extension Observations {
    static let statements =
        ["doctor.server", "doctor.partitions", "doctor.transactions", "doctor.holders", "doctor.tables"].map { SQL[$0] }
        + Membership.statements

    /// - Parameter secrets: the gateway's, where they are given.
    static func read(
        _ client: Client, memberships: [Membership], secrets: (box: SecretBox, hasOldKeys: Bool)?, logger: Logger
    ) async throws -> Observations {
        let facts = try await client.query(SQL["doctor.server"]).map {
            (try $0.decode(0, as: String.self), try $0.decode(1, as: String.self))
        }
        var seen = Observations(
            facts: Dictionary(facts, uniquingKeysWith: { $1 }), clockAtClient: Date().timeIntervalSince1970)
        seen.memberships = memberships
        seen.pendingMigrations = try await Migrator(SQL.migrations, logger: logger).pending(client)
        seen.transactions = try await client.query(SQL["doctor.transactions"]).map(Transaction.init)
        seen.holders = try await client.query(SQL["doctor.holders"]).map(Holder.init)
        seen.tables = try await client.query(SQL["doctor.tables"]).map(Table.init)
        if seen.pendingMigrations.isEmpty { try await seen.readSchema(client, secrets) }
        return seen
    }

    private mutating func readSchema(
        _ client: Client, _ secrets: (box: SecretBox, hasOldKeys: Bool)?
    ) async throws {
        // Not prepared: before it is migrated the database can't parse them.
        func rows(_ statement: Statement, _ parameters: Parameters = Parameters()) async throws -> Rows {
            try await client.query(Statement(statement.sql), parameters)
        }
        daysAhead = Int(try await client.query(SQL["doctor.partitions"]).first?.decode(0, as: Int64.self) ?? 0)
        accessFaults = try await rows(SQL["doctor.access"]).map { try $0.decode(0) }
        if let row = try await rows(SQL["doctor.gateway"]).first { gateway = try Gateway(row) }
        levels = try await rows(SQL["processes.list"]).map { try $0.decode(1) }
        guard let secrets else { return }
        if let row = try await rows(SQL["doctor.secrets"], Parameters(Bytea(secrets.box.currentID))).first {
            self.secrets = Secrets(
                sealed: try row.decode(0), otherwise: try row.decode(1), hasOldKeys: secrets.hasOldKeys)
        }
    }
}

extension Observations.Transaction {
    fileprivate init(_ row: Row) throws {
        pid = try row.decode(0)
        login = try row.decode(1)
        application = try row.decode(2)
        state = try row.decode(3)
        age = try row.decode(4)
        holdsVacuum = try row.decode(5)
    }
}

extension Observations.Holder {
    fileprivate init(_ row: Row) throws {
        self.init(
            kind: try row.decode(0), name: try row.decode(1), xids: try row.decode(2), walBytes: try row.decode(3))
    }
}

extension Observations.Table {
    fileprivate init(_ row: Row) throws {
        self.init(
            name: try row.decode(0), rows: try row.decode(1), deadRows: try row.decode(2),
            isAnalysed: try row.decode(3), hasSettings: try row.decode(4), mayVacuum: try row.decode(5))
    }
}

extension Observations.Gateway {
    fileprivate init(_ row: Row) throws {
        self.init(hasLeader: try row.decode(0), waitingLanes: try row.decode(1), oldest: try row.decode(2))
    }
}

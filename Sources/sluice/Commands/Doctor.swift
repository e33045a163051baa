import ArgumentParser
import Foundation
import Postgres
import SQL

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look whether the database is fit: what is wrong and how to mend it.",
        discussion: "The exit status is 1 when something is wrong.")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let settings = try database.settings(needed: Catalogue.database)
        let logger = settings.logger()
        for finding in SecretFiles.findings(settings) { print(finding) }
        let healthy = try await withClient(
            try settings.connection(), name: "doctor",
            statements: ["doctor.server", "doctor.partitions"].map { SQL[$0] } + Membership.statements
        ) { client in
            let memberships = try await Membership.all(client)
            let roles = Examination.roles(memberships)
            // Without them the login may not even look at the rest.
            guard roles.severity == .fine || !memberships.allSatisfy(\.exists) else {
                print(roles)
                return false
            }
            let pending = try await Migrator(SQL.migrations, logger: logger).pending(client)
            let server = try await client.query(SQL["doctor.server"]).map(ServerFact.init)
            let partitions = pending.isEmpty ? try await partitionsAhead(client) : 0
            let faults = pending.isEmpty ? try await accessFaults(client) : []
            let levels = pending.isEmpty ? try await processLevels(client) : []
            let findings = Examination(
                facts: Dictionary(uniqueKeysWithValues: server.map { ($0.name, $0.value) }), pendingMigrations: pending,
                daysAhead: partitions, clockAtClient: Date().timeIntervalSince1970,
                memberships: memberships, accessFaults: faults, levels: levels
            ).findings
            for finding in findings { print(finding) }
            return !findings.contains { $0.severity == .wrong }
        }
        if !healthy { throw ExitCode(1) }
    }

    /// Not prepared: before it is migrated the database can't parse it.
    private func accessFaults(_ client: Client) async throws -> [String] {
        try await client.query(Statement(SQL["doctor.access"].sql)).map { try $0.decode(0) }
    }

    private func processLevels(_ client: Client) async throws -> [String] {
        try await client.query(Statement(SQL["processes.list"].sql)).map { try $0.decode(1) }
    }

    private func partitionsAhead(_ client: Client) async throws -> Int {
        Int(try await client.query(SQL["doctor.partitions"]).first?.decode(0, as: Int64.self) ?? 0)
    }
}

private struct ServerFact {
    let name: String
    let value: String

    init(_ row: Row) throws {
        name = try row.decode(0)
        value = try row.decode(1)
    }
}

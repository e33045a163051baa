import FoundationEssentials
import Postgres
import SQL
import TestSupport
import Testing

/// Whether something belongs to another or to nobody does not show in how long an answer takes, because the database does
/// the same for both: the same plan with the same pages and rows.
@Suite struct SameWorkTests {
    @Test func whatIsForeignTakesTheWorkOfWhatIsNot() async throws {
        try await withSite { site in
            let victim = try await Belongings.make("victim", on: site)
            let other = try await Belongings.make("other", on: site)
            for name in StatementIsolationTests.ofOneTenant.sorted() where !Self.writes.contains(name) {
                let foreign = victim.claimed(by: other)
                let missing = Belongings.unknown.claimed(by: other)
                let told = try await site.pages(of: SQL[name], foreign, as: "sluice_api", for: other)
                let expected = try await site.pages(of: SQL[name], missing, as: "sluice_api", for: other)
                #expect(told == expected, "\(name)")
                #expect(!told.isEmpty, "\(name)")
            }
        }
    }

    /// What they write is of the caller's own tenant, or fails before it is written.
    private static let writes: Set = [
        "circuits.command", "circuits.put_policy", "destinations.delete", "destinations.put", "flags.archive",
        "flags.import", "flags.kill", "flags.put", "flags.put_set", "flags.revert", "health.delete",
        "health.put", "keys.create", "keys.revoke", "keys.rotate", "replays.cancel", "replays.start", "requests.cancel",
        "requests.replay", "rollouts.order", "rollouts.start", "routes.delete", "routes.put", "sources.delete",
        "sources.put", "sources.rotate",
    ]
}

extension Site {
    /// The plan with its rows and the pages that it reads, of a run whose session has run it before.
    func pages(
        of statement: Statement, _ ids: Belongings, as role: String?, for scope: Belongings
    ) async throws -> [String] {
        try await client.withConnection { lease in
            var lines: [String] = []
            try await lease.execute(Statement("BEGIN"))
            if let role { try await lease.execute(Statement("SET LOCAL ROLE \(role)")) }
            try await lease.execute(
                Statement("SELECT set_config('sluice.tenant_id', $1, true)"), Parameters("\(scope.tenant)"))
            for _ in 0..<3 {
                let plan = try await lease.execute(
                    Statement("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) \(statement.sql)"),
                    statement.arguments(ids))
                lines = try plan.map { try $0.decode(0, as: String.self) }
                // What is read for planning is read once a session.
                lines = Array(lines.prefix { !$0.hasPrefix("Planning:") })
            }
            try await lease.execute(Statement("ROLLBACK"))
            return lines.map(ids.anonymous)
        }
    }

    /// Those of the whole statement.
    func sharedPages(of statement: Statement, _ own: Belongings, as role: String?) async throws -> Int {
        let lines = try await pages(of: statement, own, as: role, for: own)
        let words = lines.first { $0.contains("Buffers: shared") }?.split(separator: " ") ?? []
        return words.reduce(0) { sum, word in
            guard word.hasPrefix("hit=") || word.hasPrefix("read=") else { return sum }
            return sum + (Int(word.drop { $0 != "=" }.dropFirst()) ?? 0)
        }
    }
}

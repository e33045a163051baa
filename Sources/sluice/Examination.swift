import Postgres
import SQL

/// What the doctor thinks of a database; pure.
struct Examination {
    struct Finding: CustomStringConvertible, Equatable {
        enum Severity: String { case fine, doubtful, wrong }
        let severity: Severity
        let text: String
        var remedy: String?

        var description: String { "\(severity.rawValue): \(text)" + (remedy.map { "\n    " + $0 } ?? "") }
    }

    /// Settings of `pg_settings` by name, and `clock`: Unix seconds at the server.
    let facts: [String: String]
    let pendingMigrations: [String]
    let daysAhead: Int
    /// Unix seconds.
    let clockAtClient: Double
    let memberships: [Membership]
    /// Sentences.
    let accessFaults: [String]
    /// Of each process that runs, the last step of the schema that its program knows.
    let levels: [String]

    var findings: [Finding] {
        [
            version, migrations, durability, clock, autovacuum, connections, partitions, Self.roles(memberships),
            access, processes,
        ]
    }

    private var version: Finding {
        let number = Int(facts["server_version_num"] ?? "") ?? 0
        let text = "PostgreSQL \(facts["server_version"] ?? "of unknown version")"
        return number >= 150_000
            ? Finding(severity: .fine, text: text)
            : Finding(severity: .wrong, text: text, remedy: "Sluice needs PostgreSQL 15 or later.")
    }

    private var migrations: Finding {
        pendingMigrations.isEmpty
            ? Finding(severity: .fine, text: "the schema is up to date")
            : Finding(
                severity: .wrong,
                text: "\(pendingMigrations.count) migrations are missing, from \(pendingMigrations[0]) on",
                remedy: "Run: sluice migrate")
    }

    private var durability: Finding {
        let off = ["fsync", "full_page_writes", "synchronous_commit"].filter { facts[$0] == "off" }
        return off.isEmpty
            ? Finding(severity: .fine, text: "commits are flushed before they are acknowledged")
            : Finding(
                severity: .wrong,
                text: "\(off.joined(separator: ", ")) off: a 202 does not mean that the request is safe",
                remedy: "Turn on in postgresql.conf: \(off.joined(separator: ", "))")
    }

    /// The gateway leaves time to the database, but ids and logs carry the clocks of their machines.
    private var clock: Finding {
        let skew = abs((Double(facts["clock"] ?? "") ?? 0) - clockAtClient)
        return skew < 2
            ? Finding(severity: .fine, text: "the clocks of this machine and the server agree")
            : Finding(
                severity: .doubtful, text: "the clocks differ by \(Int(skew)) s", remedy: "Run NTP on both machines.")
    }

    private var autovacuum: Finding {
        facts["autovacuum"] == "on"
            ? Finding(severity: .fine, text: "autovacuum is on")
            : Finding(
                severity: .wrong, text: "autovacuum is off: queue tables will bloat", remedy: "Set autovacuum = on.")
    }

    private var connections: Finding {
        let limit = Int(facts["max_connections"] ?? "") ?? 0
        return limit >= 50
            ? Finding(severity: .fine, text: "max_connections is \(limit); a process needs about ten")
            : Finding(
                severity: .doubtful, text: "max_connections is \(limit)",
                remedy: "A process needs about ten: raise it before adding processes.")
    }

    private var partitions: Finding {
        guard pendingMigrations.isEmpty else {
            return Finding(severity: .doubtful, text: "partitions were not looked at")
        }
        return daysAhead >= 2
            ? Finding(severity: .fine, text: "there are partitions for the next \(daysAhead) days")
            : Finding(
                severity: .wrong,
                text: "there are partitions for the next \(daysAhead) days only: ingest will fail when they end",
                remedy: "Is a `sluice serve` or `sluice work` running? Either makes them every hour; see its log.")
    }

    static func roles(_ memberships: [Membership]) -> Finding {
        let (missing, lacking) = (memberships.filter { !$0.exists }, memberships.filter { $0.exists && !$0.isHeld })
        if !missing.isEmpty {
            return Finding(
                severity: .wrong, text: "there is no role \(missing.map(\.role).joined(separator: ", "))",
                remedy: "Run: sluice migrate")
        }
        return lacking.isEmpty
            ? Finding(severity: .fine, text: "the login may act as the roles of the API and of workers")
            : Finding(
                severity: .wrong,
                text: "\(lacking[0].login) may not act as \(lacking.map(\.role).joined(separator: ", "))",
                remedy: "Let a superuser run: \(lacking.map(\.remedy).joined(separator: " "))")
    }

    private var access: Finding {
        guard pendingMigrations.isEmpty else {
            return Finding(severity: .doubtful, text: "row-level security was not looked at")
        }
        return accessFaults.isEmpty
            ? Finding(severity: .fine, text: "row-level security and grants are as they should be")
            : Finding(
                severity: .wrong, text: accessFaults.joined(separator: "; "),
                remedy: "Let the owner of the schema run in psql: \(SQL.access.sql);")
    }

    private var processes: Finding {
        let older = levels.count { $0 < SQL.level }
        return older == 0
            ? Finding(severity: .fine, text: "\(levels.count) processes run, none of an older version")
            : Finding(
                severity: .doubtful, text: "\(older) of \(levels.count) processes are of an older version",
                remedy: "Replace them: docs/upgrades.md. GET /admin/v1/cluster says which they are.")
    }
}

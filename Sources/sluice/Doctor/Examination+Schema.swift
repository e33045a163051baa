import Postgres
import SQL

extension Examination {
    /// Whether the schema is whole, and the login may what it must.
    var schema: [Finding] {
        [migrations, partitions, defaultPartitions, indexes, Self.roles(seen.memberships), access]
    }

    private var isMigrated: Bool { seen.pendingMigrations.isEmpty }

    private var migrations: Finding {
        isMigrated
            ? .fine("migrations", "the schema is up to date")
            : .wrong(
                "migrations",
                "\(seen.pendingMigrations.count) migrations are missing, from \(seen.pendingMigrations[0]) on",
                "Run: sluice migrate")
    }

    private var partitions: Finding {
        guard isMigrated else { return .doubtful("partitions", "partitions were not looked at", "Run: sluice migrate") }
        let days = "there are partitions for the next \(seen.daysAhead) days"
        return seen.daysAhead >= 2
            ? .fine("partitions", days)
            : .wrong(
                "partitions", "\(days) only: ingest will fail when they end",
                "Is a `sluice serve` or `sluice work` running? Either makes them every hour; see its log.")
    }

    /// A day whose rows lie there can't get a partition of its own.
    private var defaultPartitions: Finding {
        seen.number("default_partitions") == 0
            ? .fine("partitions", "there is no default partition")
            : .wrong(
                "partitions", "request or attempt has a default partition, which stops new days from being made",
                "See \\d+ sluice.request and \\d+ sluice.attempt in psql; move its rows away, then: DROP TABLE sluice.…;"
            )
    }

    private var indexes: Finding {
        let invalid = seen.text("invalid_indexes")
        return invalid.isEmpty
            ? .fine("indexes", "all indexes are valid")
            : .wrong(
                "indexes", "not valid, so not used, yet written: \(invalid)",
                "Run: "
                    + invalid.split(separator: ", ").map { "REINDEX INDEX CONCURRENTLY sluice.\($0);" }
                    .joined(separator: " "))
    }

    static func roles(_ memberships: [Membership]) -> Finding {
        let (missing, lacking) = (memberships.filter { !$0.exists }, memberships.filter { $0.exists && !$0.isHeld })
        if !missing.isEmpty {
            return .wrong(
                "roles", "there is no role \(missing.map(\.role).joined(separator: ", "))", "Run: sluice migrate")
        }
        return lacking.isEmpty
            ? .fine("roles", "the login may act as the roles of the API and of workers")
            : .wrong(
                "roles", "\(lacking[0].login) may not act as \(lacking.map(\.role).joined(separator: ", "))",
                "Let a superuser run: \(lacking.map(\.remedy).joined(separator: " "))")
    }

    private var access: Finding {
        guard isMigrated else {
            return .doubtful("access", "row-level security was not looked at", "Run: sluice migrate")
        }
        return seen.accessFaults.isEmpty
            ? .fine("access", "row-level security and grants are as they should be")
            : .wrong(
                "access", seen.accessFaults.joined(separator: "; "),
                "Let the owner of the schema run in psql: \(SQL.access.sql);")
    }
}

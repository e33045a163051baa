import SQL

extension Examination {
    /// Whether processes are at work on the database.
    var gateway: [Finding] {
        guard seen.pendingMigrations.isEmpty else { return [] }
        return [processes, versions, work] + secrets
    }

    private var processes: Finding {
        let count = seen.number("processes")
        guard count > 0 else {
            return .doubtful("processes", "no process is connected", "Start: sluice serve, and: sluice work")
        }
        let text = count == 1 ? "one process is connected" : "\(count) processes are connected"
        return seen.gateway.hasLeader
            ? .fine("processes", "\(text), and \(count == 1 ? "it" : "one") leads")
            : .doubtful(
                "processes", "\(text), but none leads: lost leases, partitions and retention wait",
                "One takes over within ten seconds; if none does, see their logs for \"upkeep failed\".")
    }

    private var versions: Finding {
        let older = seen.levels.count { $0 < SQL.level }
        return older == 0
            ? .fine("versions", "no process is of an older version")
            : .doubtful(
                "versions", "\(older) of \(seen.levels.count) processes are of an older version",
                "Replace them: docs/upgrades.md. GET /admin/v1/cluster says which they are.")
    }

    private var work: Finding {
        guard seen.gateway.waitingLanes > 0 else {
            return .fine("work", "nothing that could be delivered waits unattended")
        }
        let age = seen.gateway.oldest.map { ", the oldest for \($0.short)" } ?? ""
        return .doubtful(
            "work", "\(seen.gateway.waitingLanes) lanes with due deliveries have nothing under way\(age)",
            "Is a `sluice work` running? If so, are all its slots taken (SLUICE_WORKER_CONCURRENCY)? Start another.")
    }

    private var secrets: [Finding] {
        guard let secrets = seen.secrets else { return [] }
        guard secrets.otherwise > 0 else {
            return [.fine("secrets", "all secrets are sealed with SLUICE_SECRETS_KEY")]
        }
        let text =
            "\(secrets.otherwise) of \(secrets.sealed) secrets are sealed with another key than SLUICE_SECRETS_KEY"
        return [
            secrets.hasOldKeys
                ? .doubtful("secrets", text, "Run: sluice secrets rotate")
                : .wrong(
                    "secrets", text,
                    "Give the key that sealed them in SLUICE_SECRETS_OLD_KEYS; then run: sluice secrets rotate")
        ]
    }
}

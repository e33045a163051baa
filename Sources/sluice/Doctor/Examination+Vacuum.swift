import Postgres
import SQL

extension Examination {
    /// Queue tables are written over and over: whatever keeps their dead rows makes every claim slower.
    var vacuum: [Finding] {
        [autovacuum, upkeep] + settings + transactions + holders + bloat + statistics
    }

    /// The gateway vacuums these itself, where it may.
    private static let queue: Set = ["ready", "in_flight", "lane"]

    private var autovacuum: Finding {
        let off = ["autovacuum", "track_counts"].filter { !seen.isOn($0) }
        guard off.isEmpty else {
            return .wrong(
                "autovacuum", "\(off.joined(separator: " and ")) off: queue tables will bloat",
                "Let a superuser run: "
                    + off.map { "ALTER SYSTEM SET \($0) = on;" }.joined(separator: " ") + " SELECT pg_reload_conf();")
        }
        let nap = seen.number("autovacuum_naptime")
        return nap <= 60
            ? .fine("autovacuum", "autovacuum is on, and looks every \(nap) s")
            : .doubtful(
                "autovacuum", "autovacuum looks every \(nap) s only",
                "Let a superuser run: ALTER SYSTEM SET autovacuum_naptime = '1min'; SELECT pg_reload_conf();")
    }

    private var upkeep: Finding {
        let forbidden = seen.tables.filter { Self.queue.contains($0.name) && !$0.mayVacuum }.map(\.name)
        if forbidden.isEmpty { return .fine("upkeep", "the gateway may vacuum its queue tables") }
        if seen.number("autovacuum_naptime") <= 10 {
            return .fine("upkeep", "the gateway may not vacuum its queue tables, but autovacuum looks often enough")
        }
        let remedy =
            seen.number("server_version_num") >= 170_000
            ? "Let the owner of the schema run in psql: \(SQL.access.sql);"
            : "Let a superuser run: GRANT sluice_owner TO \(seen.login); or set autovacuum_naptime = '10s'."
        return .doubtful(
            "upkeep", "\(seen.login) may not vacuum \(forbidden.joined(separator: ", ")): they wait for autovacuum",
            remedy)
    }

    private var settings: [Finding] {
        seen.tables.filter { Self.queue.contains($0.name) && !$0.hasSettings }.map { table in
            .doubtful(
                "autovacuum", "table \(table.name) has lost its settings for autovacuum",
                "Run: ALTER TABLE sluice.\(table.name) SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);"
            )
        }
    }

    private var transactions: [Finding] {
        guard !seen.transactions.isEmpty else {
            return [
                seen.isOn("sees_sessions")
                    ? .fine("transactions", "no transaction is older than a minute")
                    : .doubtful(
                        "transactions", "\(seen.login) can't see how old transactions of other logins are",
                        "Let a superuser run: GRANT pg_read_all_stats TO \(seen.login);")
            ]
        }
        return seen.transactions.map { transaction in
            let who = transaction.application.isEmpty ? transaction.login : transaction.application
            let text =
                "process \(transaction.pid) (\(who.printable)) has a transaction of \(transaction.age.short), \(transaction.state)"
            let remedy =
                "End it there, or run: SELECT pg_terminate_backend(\(transaction.pid)); "
                + "ALTER ROLE … SET idle_in_transaction_session_timeout = '1min'; keeps it from coming back."
            guard transaction.holdsVacuum else { return .doubtful("transactions", text, remedy) }
            let held = "\(text): vacuum removes nothing newer"
            return transaction.age >= .seconds(3_600)
                ? .wrong("transactions", held, remedy) : .doubtful("transactions", held, remedy)
        }
    }

    /// A million transactions are some minutes of a busy gateway; a gibibyte is a good part of a small disk.
    private var holders: [Finding] {
        seen.holders.compactMap { holder in
            let name = "\(holder.kind) \(holder.name.printable)"
            if holder.kind == "prepared transaction" {
                return .wrong(
                    "holders", "\(name) is open: vacuum removes nothing newer, and its locks stay",
                    "Run: ROLLBACK PREPARED '\(holder.name.printable.replacing("'", with: "''"))'; (or COMMIT PREPARED)"
                )
            }
            let what = [
                holder.xids > 1_000_000 ? "rows of \(holder.xids / 1_000_000) million transactions" : nil,
                holder.walBytes > 1 << 30 ? "\(holder.walBytes >> 30) GiB of write-ahead log" : nil,
            ].compactMap { $0 }.joined(separator: " and ")
            guard !what.isEmpty else { return nil }
            return holder.kind == "standby"
                ? .doubtful(
                    "holders", "\(name) keeps \(what)",
                    "End long queries there, or let a superuser run on it: ALTER SYSTEM SET hot_standby_feedback = off; SELECT pg_reload_conf();"
                )
                : .doubtful(
                    "holders", "\(name) keeps \(what)",
                    "Start what reads it, or run: SELECT pg_drop_replication_slot('\(holder.name.printable)');")
        }
    }

    private var bloat: [Finding] {
        seen.tables.filter { $0.deadRows > max(100_000, $0.rows / 5) }.map { table in
            .doubtful(
                "bloat", "table \(table.name) has \(table.deadRows) dead rows beside \(table.rows)",
                "Mend what holds vacuum back, if something does; then run: VACUUM sluice.\(table.name);")
        }
    }

    private var statistics: [Finding] {
        seen.tables.filter { !$0.isAnalysed && $0.rows > 10_000 }.map { table in
            .doubtful(
                "statistics", "table \(table.name) has \(table.rows) rows and was never analysed",
                "Run: ANALYZE sluice.\(table.name);")
        }
    }
}

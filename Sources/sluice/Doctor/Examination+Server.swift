extension Examination {
    /// What the server is and promises.
    var server: [Finding] {
        [version, clock, durability, replication, checksums, writability, isolation, encoding]
    }

    private var version: Finding {
        let text = "PostgreSQL \(seen.facts["server_version"] ?? "of unknown version")"
        return seen.number("server_version_num") >= 150_000
            ? .fine("version", text) : .wrong("version", text, "Sluice needs PostgreSQL 15 or later.")
    }

    /// The gateway leaves time to the database, but ids and logs carry the clocks of their machines.
    private var clock: Finding {
        let skew = abs((Double(seen.text("clock")) ?? 0) - seen.clockAtClient)
        return skew < 2
            ? .fine("clock", "the clocks of this machine and the server agree")
            : .doubtful("clock", "the clocks differ by \(Int(skew)) s", "Run NTP on both machines.")
    }

    private var durability: Finding {
        let off = ["fsync", "full_page_writes", "synchronous_commit"].filter { seen.facts[$0] == "off" }
        return off.isEmpty
            ? .fine("durability", "commits are flushed before they are acknowledged")
            : .wrong(
                "durability", "\(off.joined(separator: ", ")) off: a 202 does not mean that the request is safe",
                "Let a superuser run: "
                    + off.map { "ALTER SYSTEM SET \($0) = on;" }.joined(separator: " ") + " SELECT pg_reload_conf();")
    }

    private var replication: Finding {
        let (standbys, names) = (seen.number("standbys"), seen.text("synchronous_standby_names"))
        if names.isEmpty {
            return standbys == 0
                ? .fine("replication", "there are no standbys")
                : .doubtful(
                    "replication",
                    "\(standbys) standbys follow, but commits wait for none: a failover may lose the last 202s",
                    "Set synchronous_standby_names, such as 'ANY 1 (*)', where that must not be.")
        }
        return ["on", "remote_apply", "remote_write"].contains(seen.text("synchronous_commit"))
            ? .fine("replication", "commits wait for standbys (\(names))")
            : .doubtful(
                "replication",
                "synchronous_commit is \(seen.text("synchronous_commit")): commits don't wait for the standbys",
                "Run: ALTER ROLE \(seen.login) SET synchronous_commit = on;")
    }

    private var checksums: Finding {
        seen.isOn("data_checksums")
            ? .fine("checksums", "data checksums are on")
            : .doubtful(
                "checksums", "data checksums are off: what a disk spoils is not noticed",
                "With the server stopped run: pg_checksums --enable")
    }

    private var writability: Finding {
        if seen.isOn("in_recovery") {
            return .wrong(
                "writability", "the server is a standby, which takes no writes",
                "Connect to the primary: name all hosts, and add target_session_attrs=read-write to the connection string."
            )
        }
        return seen.isOn("default_transaction_read_only")
            ? .wrong(
                "writability", "transactions of \(seen.login) are read-only",
                "Run: ALTER ROLE \(seen.login) SET default_transaction_read_only = off;")
            : .fine("writability", "the server takes writes")
    }

    /// Functions lock, then look anew: a snapshot of the whole transaction would show them the state before the lock.
    private var isolation: Finding {
        let level = seen.text("default_transaction_isolation")
        return level == "read committed"
            ? .fine("isolation", "transactions are read committed")
            : .wrong(
                "isolation",
                "transactions of \(seen.login) are \(level): claims and reports will fail or see old state",
                "Run: ALTER ROLE \(seen.login) SET default_transaction_isolation = 'read committed';")
    }

    private var encoding: Finding {
        let encoding = seen.text("server_encoding")
        return encoding == "UTF8"
            ? .fine("encoding", "text is UTF8")
            : .wrong(
                "encoding", "the database's encoding is \(encoding): not every header or name can be stored",
                "Make another: CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8';")
    }
}

extension Examination {
    /// Whether the server has room for what comes.
    var capacity: [Finding] { [connections, memory, writeAheadLog, transactionIDs] }

    /// A process opens about ten; two processes more must find room.
    private static let connectionsWanted = 20

    private var connections: Finding {
        let limit = seen.number("max_connections")
        let free = max(0, limit - seen.number("superuser_reserved_connections") - seen.number("connections"))
        return free >= Self.connectionsWanted
            ? .fine("connections", "\(free) of \(limit) connections are free; a process needs about ten")
            : .doubtful(
                "connections", "\(free) of \(limit) connections are free; a process needs about ten",
                "Before adding processes let a superuser run: ALTER SYSTEM SET max_connections = \(max(100, limit * 2)); then restart the server."
            )
    }

    /// In blocks of 8 KiB. The queue's hot pages must stay in memory; 128 MiB is the server's default.
    private var memory: Finding {
        let mebibytes = seen.number("shared_buffers") / 128
        return mebibytes >= 128
            ? .fine("memory", "shared_buffers is \(mebibytes) MB")
            : .doubtful(
                "memory", "shared_buffers is \(mebibytes) MB only",
                "Let a superuser run: ALTER SYSTEM SET shared_buffers = '1GB'; (a quarter of the memory), then restart the server."
            )
    }

    /// Each checkpoint makes the next change of a page write it whole; so they should be minutes apart.
    private var writeAheadLog: Finding {
        let (mebibytes, seconds) = (seen.number("max_wal_size"), seen.number("checkpoint_timeout"))
        return mebibytes >= 1024 && seconds >= 300
            ? .fine("wal", "checkpoints are up to \(seconds) s or \(mebibytes) MB apart")
            : .doubtful(
                "wal", "checkpoints are at most \(seconds) s or \(mebibytes) MB apart: much is written twice",
                "Let a superuser run: ALTER SYSTEM SET checkpoint_timeout = '15min'; ALTER SYSTEM SET max_wal_size = '4GB'; SELECT pg_reload_conf();"
            )
    }

    /// The server stops at two thousand million, and freezes by itself from 200 million on.
    private var transactionIDs: Finding {
        let millions = seen.number("xid_age") / 1_000_000
        let text = "the oldest transaction id is \(millions) million old"
        let remedy = "Find what holds vacuum back (see above), then run: VACUUM (FREEZE);"
        return switch millions {
        case ..<500: .fine("transaction_ids", text)
        case ..<1_000: .doubtful("transaction_ids", "\(text): vacuum does not keep up", remedy)
        default: .wrong("transaction_ids", "\(text): at 2,000 the server takes no more writes", remedy)
        }
    }
}

import SQL

/// What the doctor saw; the rest is thinking.
struct Observations {
    /// A transaction of more than a minute.
    struct Transaction: Equatable {
        var pid: Int32 = 0
        var login = ""
        var application = ""
        var state = ""
        var age = Duration.zero
        var holdsVacuum = false
    }

    /// What keeps dead rows or the write-ahead log.
    struct Holder: Equatable {
        /// prepared transaction, replication slot or standby.
        var kind: String
        var name: String
        /// Transactions since the oldest that it keeps rows for.
        var xids: Int64 = 0
        var walBytes: Int64 = 0
    }

    /// That is changed in place.
    struct Table: Equatable {
        var name: String
        var rows: Int64 = 0
        var deadRows: Int64 = 0
        var isAnalysed = true
        /// The schema's own for autovacuum.
        var hasSettings = true
        var mayVacuum = true
    }

    /// What the schema says of the processes that work on it.
    struct Gateway: Equatable {
        var hasLeader = true
        /// Could be worked on, are due for more than a minute, and have nothing under way.
        var waitingLanes: Int64 = 0
        var oldest: Duration?
    }

    struct Secrets: Equatable {
        var sealed: Int64 = 0
        /// With another key than the current one.
        var otherwise: Int64 = 0
        var hasOldKeys = false
    }

    /// Settings of `pg_settings` by name, in the server's own units, and what else `doctor.server` names.
    var facts: [String: String]
    /// Unix seconds.
    var clockAtClient: Double
    var pendingMigrations: [String] = []
    var memberships: [Membership] = []
    var transactions: [Transaction] = []
    var holders: [Holder] = []
    var tables: [Table] = []
    /// The next five are looked at where no migrations are pending. These are sentences.
    var accessFaults: [String] = []
    var daysAhead = 0
    var gateway = Gateway()
    /// Of each process that runs, the last step of the schema that its program knows.
    var levels: [String] = []
    /// nil where no key is given.
    var secrets: Secrets?

    func number(_ name: String) -> Int { Int(facts[name] ?? "") ?? 0 }
    func text(_ name: String) -> String { facts[name] ?? "" }
    func isOn(_ name: String) -> Bool { ["on", "true"].contains(facts[name]) }

    /// As SQL has an identifier.
    var login: String { "\"\(text("login"))\"" }
}

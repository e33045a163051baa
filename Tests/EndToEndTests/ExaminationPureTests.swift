import Testing

@testable import sluice

/// Each thing that the doctor finds: what makes it, how bad it is, and that it can be mended.
struct ExaminationPureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let about: String
        let severity: Finding.Severity
        let words: String
        let change: @Sendable (inout Observations) -> Void

        init(
            _ about: String, _ severity: Finding.Severity, _ words: String,
            _ change: @escaping @Sendable (inout Observations) -> Void
        ) {
            (self.about, self.severity, self.words, self.change) = (about, severity, words, change)
        }

        init(_ about: String, _ severity: Finding.Severity, _ words: String, _ facts: [String: String]) {
            self.init(about, severity, words) { $0.facts.merge(facts) { $1 } }
        }

        var testDescription: String { "\(about): \(words)" }
    }

    private static let healthy = Observations(
        facts: [
            "server_version_num": "160004", "server_version": "16.4", "fsync": "on", "full_page_writes": "on",
            "synchronous_commit": "on", "synchronous_standby_names": "", "data_checksums": "on",
            "default_transaction_isolation": "read committed", "default_transaction_read_only": "off",
            "server_encoding": "UTF8", "max_connections": "100", "superuser_reserved_connections": "3",
            "shared_buffers": "131072", "max_wal_size": "4096", "checkpoint_timeout": "900", "autovacuum": "on",
            "track_counts": "on", "autovacuum_naptime": "60", "clock": "1000.5", "in_recovery": "false",
            "xid_age": "50000000", "connections": "20", "processes": "2", "standbys": "0", "login": "gateway",
            "sees_sessions": "true", "default_partitions": "0", "invalid_indexes": "",
        ],
        clockAtClient: 1000,
        memberships: ["sluice_api", "sluice_worker"].map {
            Membership(login: "gateway", role: $0, exists: true, isHeld: true)
        },
        tables: [.init(name: "ready", rows: 1_000_000, deadRows: 100)], daysAhead: 4,
        secrets: .init(sealed: 3))

    @Test func nothingIsWrongWithTheHealthy() {
        let findings = Examination(seen: Self.healthy).findings
        #expect(findings.allSatisfy { $0.severity == .fine && $0.remedy == nil }, "\(findings)")
        #expect(findings.count > 20)
    }

    @Test(arguments: [
        Case("version", .wrong, "14.9", ["server_version_num": "140009", "server_version": "14.9"]),
        Case("clock", .doubtful, "differ by 60 s", ["clock": "1060"]),
        Case("durability", .wrong, "fsync, synchronous_commit off", ["fsync": "off", "synchronous_commit": "off"]),
        Case("replication", .doubtful, "commits wait for none", ["standbys": "2"]),
        Case(
            "replication", .doubtful, "synchronous_commit is local",
            ["synchronous_standby_names": "*", "synchronous_commit": "local"]),
        Case("checksums", .doubtful, "checksums are off", ["data_checksums": "off"]),
        Case("writability", .wrong, "standby", ["in_recovery": "true"]),
        Case("writability", .wrong, "read-only", ["default_transaction_read_only": "on"]),
        Case("isolation", .wrong, "serializable", ["default_transaction_isolation": "serializable"]),
        Case("encoding", .wrong, "LATIN1", ["server_encoding": "LATIN1"]),
        Case("connections", .doubtful, "17 of 100", ["connections": "80"]),
        Case("memory", .doubtful, "16 MB", ["shared_buffers": "2048"]),
        Case("wal", .doubtful, "256 MB", ["max_wal_size": "256"]),
        Case("wal", .doubtful, "60 s", ["checkpoint_timeout": "60"]),
        Case("transaction_ids", .doubtful, "600 million", ["xid_age": "600000000"]),
        Case("transaction_ids", .wrong, "1500 million", ["xid_age": "1500000000"]),
        Case("autovacuum", .wrong, "autovacuum off", ["autovacuum": "off"]),
        Case("autovacuum", .wrong, "track_counts off", ["track_counts": "off"]),
        Case("autovacuum", .doubtful, "600 s", ["autovacuum_naptime": "600"]),
        Case("autovacuum", .doubtful, "lane has lost") { $0.tables = [.init(name: "lane", hasSettings: false)] },
        Case("upkeep", .doubtful, "may not vacuum ready") { $0.tables = [.init(name: "ready", mayVacuum: false)] },
        Case("transactions", .doubtful, "can't see", ["sees_sessions": "false"]),
        Case("transactions", .doubtful, "process 7 (psql) has a transaction of 5m00s, idle in transaction: vacuum") {
            $0.transactions = [
                .init(
                    pid: 7, application: "psql", state: "idle in transaction", age: .seconds(300), holdsVacuum: true)
            ]
        },
        Case("transactions", .wrong, "2h00m") {
            $0.transactions = [.init(pid: 7, login: "ann", age: .seconds(7_200), holdsVacuum: true)]
        },
        Case("holders", .wrong, "prepared transaction x") {
            $0.holders = [.init(kind: "prepared transaction", name: "x")]
        },
        Case("holders", .doubtful, "slot s keeps rows of 3 million transactions and 5 GiB") {
            $0.holders = [.init(kind: "replication slot", name: "s", xids: 3_000_000, walBytes: 5 << 30)]
        },
        Case("holders", .doubtful, "standby b keeps rows") {
            $0.holders = [.init(kind: "standby", name: "b", xids: 2_000_000)]
        },
        Case("bloat", .doubtful, "ready has 300000 dead") {
            $0.tables = [.init(name: "ready", rows: 10, deadRows: 300_000)]
        },
        Case("statistics", .doubtful, "never analysed") {
            $0.tables = [.init(name: "destination", rows: 20_000, isAnalysed: false)]
        },
        Case("migrations", .wrong, "2 migrations are missing, from m1") { $0.pendingMigrations = ["m1", "m2"] },
        Case("partitions", .wrong, "next 1 days only") { $0.daysAhead = 1 },
        Case("partitions", .wrong, "default partition", ["default_partitions": "1"]),
        Case("indexes", .wrong, "a_idx, b_idx", ["invalid_indexes": "a_idx, b_idx"]),
        Case("roles", .wrong, "may not act as sluice_api") {
            $0.memberships = [.init(login: "x", role: "sluice_api", exists: true, isHeld: false)]
        },
        Case("roles", .wrong, "no role sluice_api") {
            $0.memberships = [.init(login: "x", role: "sluice_api", exists: false, isHeld: false)]
        },
        Case("access", .wrong, "table x has no policy") { $0.accessFaults = ["table x has no policy"] },
        Case("processes", .doubtful, "no process", ["processes": "0"]),
        Case("processes", .doubtful, "none leads") { $0.gateway.hasLeader = false },
        Case("work", .doubtful, "3 lanes with due deliveries have nothing under way, the oldest for 2m00s") {
            $0.gateway.waitingLanes = 3
            $0.gateway.oldest = .seconds(120)
        },
        Case("secrets", .wrong, "2 of 3") { $0.secrets = .init(sealed: 3, otherwise: 2) },
        Case("secrets", .doubtful, "2 of 3") { $0.secrets = .init(sealed: 3, otherwise: 2, hasOldKeys: true) },
    ])
    func isFound(_ it: Case) throws {
        var seen = Self.healthy
        it.change(&seen)
        let found = Examination(seen: seen).findings.filter { $0.about == it.about && $0.severity == it.severity }
        let finding = try #require(found.first)
        #expect(finding.text.contains(it.words), "\(finding)")
        #expect(finding.remedy?.isEmpty == false)
        let others = Examination(seen: seen).findings.filter { $0.severity != .fine && $0.about != it.about }
        // What is not migrated can't be looked at.
        #expect(others.isEmpty || it.about == "migrations", "\(others)")
    }

    @Test func theRemedyIsAsTheVersionHasIt() {
        var seen = Self.healthy
        seen.tables = [.init(name: "ready", mayVacuum: false)]
        #expect(
            Examination(seen: seen).findings.contains {
                $0.remedy?.contains("GRANT sluice_owner TO \"gateway\"") == true
            })
        seen.facts["server_version_num"] = "170000"
        #expect(
            Examination(seen: seen).findings.contains {
                $0.remedy?.contains("SELECT sluice.apply_access();") == true
            })
        // What autovacuum does often enough needs nobody else.
        seen.facts["autovacuum_naptime"] = "10"
        #expect(Examination(seen: seen).findings.allSatisfy { $0.severity == .fine })
    }
}

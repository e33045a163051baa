import Foundation
import Model
import Postgres
import SQL
import Tenants
import TestSupport
import Testing

@testable import API
@testable import Cluster

/// Processes and the schema that they share.
@Suite struct ClusterTests {
    /// The lock of a step that leaves programs behind.
    private static let step = Statement("SELECT pg_advisory_xact_lock(hashtextextended('sluice.process', 0))")

    private func process(_ level: String = SQL.level) -> ClusterProcess {
        ClusterProcess(level: level, roles: [.serve, .work], host: "here.example", pid: 42)
    }

    @Test(.timeLimit(.minutes(5))) func theOperatorSeesWhoRuns() async throws {
        try await withDatabase { database in
            try await withGateway(on: database) { gateway in
                let store = ClusterStore(database.client(statements: ClusterStore.statements, acting: .worker))
                let member = process()
                let oldest = try await store.beat(member)
                #expect(try await store.beat(member) == oldest)
                let shown = try await gateway.administer("GET", "cluster")
                #expect(shown.status == 200)
                let schema = try #require(shown.json["schema"] as? [String: Any])
                #expect(schema["level"] as? String == SQL.level && schema["serves_from"] as? String == oldest)
                let processes = try #require(shown.json["processes"] as? [[String: Any]])
                #expect(processes.count == 1)
                #expect(processes.first?["id"] as? String == member.id.description)
                #expect(processes.first?["roles"] as? [String] == ["serve", "work"])
                #expect(processes.first?["host"] as? String == "here.example" && processes.first?["pid"] as? Int == 42)
                #expect(processes.first?["level"] as? String == SQL.level)
                try await store.leave(member.id)
                let empty = try await gateway.administer("GET", "cluster")
                #expect((empty.json["processes"] as? [Any])?.isEmpty == true)
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func whoIsLeftBehindDoesNotJoin() async throws {
        try await withDatabase { database in
            let store = ClusterStore(database.client(statements: ClusterStore.statements, acting: .worker))
            let old = HeartbeatLoop(store, process: process("m0001_configuration"), logger: quiet)
            await #expect { try await old.join() } throws: { ($0 as? PostgresError)?.code == .migration }
            let members = try await store.members()
            #expect(members.isEmpty)
        }
    }

    /// A step that leaves older programs behind holds up who wants to join, who then finds it.
    @Test(.timeLimit(.minutes(5))) func nobodyJoinsPastAStep() async throws {
        try await withDatabase { database in
            let store = ClusterStore(database.client(statements: ClusterStore.statements, acting: .worker))
            let late = HeartbeatLoop(store, process: process(), logger: quiet)
            let (client, observer) = (database.client(), database.client())
            try await client.withConnection { lease in
                try await lease.execute(Statement("BEGIN"))
                try await lease.execute(Self.step)
                async let joining: Void = late.join()
                try await eventually {
                    let waiting = Statement(
                        """
                        SELECT FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
                          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        """)
                    return try await observer.query(waiting).count == 1
                }
                try await lease.execute(
                    Statement("INSERT INTO sluice.migration (name, checksum, serves) VALUES ('m9999', '', 'm9999')"))
                try await lease.execute(Statement("COMMIT"))
                do {
                    try await joining
                    Issue.record("it joined")
                } catch let error as PostgresError {
                    #expect(error.code == .migration)
                }
            }
            let members = try await store.members()
            #expect(members.isEmpty)
        }
    }

    /// Their requests and their readiness would wait behind their sign of life.
    @Test(.timeLimit(.minutes(5))) func whoRunsDoesNotWaitForAStep() async throws {
        try await withDatabase { database in
            let store = ClusterStore(database.client(statements: ClusterStore.statements, acting: .worker))
            let member = process()
            let oldest = try await store.beat(member)
            let client = database.client()
            try await client.withTransaction { lease in
                try await lease.execute(Self.step)
                #expect(try await store.beat(member) == oldest)
            }
        }
    }

    /// An expanding step and processes that start do not wait for each other.
    @Test(.timeLimit(.minutes(5))) func whoJoinsDoesNotHoldUpAStepThatServesAll() async throws {
        try await withDatabase { database in
            let client = database.client()
            try await client.withTransaction { lease in
                try await lease.execute(
                    Statement("SELECT sluice.beat(gen_random_uuid(), '\(SQL.level)', '{serve}', 'here.example', 42)"))
                let step = Migration(name: "m9001_text", sql: "-- serves: \(SQL.level)\nSELECT 1")
                let migrator = Migrator(SQL.migrations + [step], logger: quiet)
                #expect(try await migrator.migrate(database.client(connections: 2)) == ["m9001_text"])
            }
        }
    }

    /// A process that ends does not wait for a database that says nothing.
    @Test(.timeLimit(.minutes(5))) func leavingHoldsUpNoEnd() async throws {
        try await withDatabase { database in
            let store = ClusterStore(database.client(statements: ClusterStore.statements, acting: .worker))
            let loop = HeartbeatLoop(store, process: process(), logger: quiet)
            try await loop.join()
            try await database.client().withTransaction { lease in
                try await lease.execute(Statement("SELECT FROM sluice.process FOR UPDATE"))
                let start = ContinuousClock.now
                await loop.leave()
                #expect(.now - start < .seconds(10))
            }
        }
    }
}

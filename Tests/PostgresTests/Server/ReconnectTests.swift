import TestSupport
import Testing

@testable import Postgres

@Suite struct ReconnectTests {
    @Test func anOutdatedPlanIsPreparedAnew() async throws {
        try await withEmptyDatabase { database in
            let owner = database.client()
            _ = try await owner.execute(Statement("CREATE TABLE thing AS SELECT 1::int8 AS id"))
            let statements = try Statement.parse("-- name: all\nSELECT * FROM thing")
            let client = database.client(statements: statements)
            let columns = { (rows: Rows) in rows.columnNames }
            let backend = try await client.backend()
            #expect(columns(try await client.query(statements[0])) == ["id"])
            _ = try await owner.execute(Statement("ALTER TABLE thing ADD name text"))
            #expect(columns(try await client.query(statements[0])) == ["id", "name"])
            #expect(try await client.backend() != backend)
            _ = try await owner.execute(Statement("ALTER TABLE thing DROP name"))
            #expect(columns(try await client.execute(statements[0])) == ["id"])
        }
    }

    @Test func aWriteWhoseBackendIsKilledHasAnUnknownOutcome() async throws {
        try await withEmptyDatabase { database in
            let (client, observer) = (database.client(), database.client())
            let write = Task { try await client.execute(Statement("SELECT pg_sleep(60), 'write'")) }
            try await observer.terminate(observer.waitForBackend(running: "'write'"))
            let error = try await postgresError { _ = try await write.value }
            #expect(error?.code == .connectionLost && error?.outcomeUnknown == true)
            #expect(error?.sqlState == "57P01")
            #expect(try await client.int("1") == 1)
        }
    }

    @Test func aReadWhoseBackendIsKilledIsSentAgain() async throws {
        try await withEmptyDatabase { database in
            let (client, observer, holder) = (database.client(), database.client(), database.client())
            let first = try await client.backend()
            let result = try await holder.withConnection { lease in
                try await lease.execute(Statement("SELECT pg_advisory_lock(1)"))
                let read = Task {
                    try await client.query(
                        Statement("SELECT pg_backend_pid()::int8 FROM pg_advisory_xact_lock_shared(1)"))
                }
                let backend = try await observer.waitForBackend(running: "lock_shared", waitingForLock: true)
                #expect(backend == first)
                try await observer.terminate(backend)
                _ = try await observer.waitForBackend(running: "lock_shared", waitingForLock: true)
                try await lease.execute(Statement("SELECT pg_advisory_unlock(1)"))
                return try await read.value
            }
            #expect(try result.first?.decode(0, as: Int64.self) != first)
        }
    }

    /// Reads that break their connection twice are not sent a third time.
    @Test func aDeadlyReadIsGivenUp() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let error = try await postgresError {
                _ = try await client.query(Statement("SELECT pg_terminate_backend(pg_backend_pid())"))
            }
            #expect(error?.code == .connectionLost)
            #expect(try await client.int("1") == 1)
        }
    }

    @Test(arguments: [LocalServer.StopMode.fast, .immediate])
    func queriesGoOnAfterARestart(mode: LocalServer.StopMode) async throws {
        try await withServer { server in
            try await withClients(of: server.connectionString) { database in
                let client = database.client(connections: 2)
                let successes = Shared(0)
                let stop = Shared(false)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<6 {
                        group.addTask {
                            while !stop.value {
                                let error = try await postgresError {
                                    if task % 2 == 0 {
                                        _ = try await client.query(Statement("SELECT 1"))
                                    } else {
                                        _ = try await client.execute(Statement("SELECT 1"))
                                    }
                                    successes.update { $0 += 1 }
                                }
                                if let error { #expect(error.isRetryable, "\(error)") }
                            }
                        }
                    }
                    try await eventually { successes.value > 100 }
                    try await server.restart(mode: mode)
                    let before = successes.value
                    try await eventually(within: .seconds(30)) { successes.value > before + 100 }
                    stop.update { $0 = true }
                    try await group.waitForAll()
                }
            }
        }
    }

    private func twoHosts(_ a: UInt16, _ b: UInt16) -> String {
        "host=127.0.0.1,127.0.0.1 port=\(a),\(b) user=sluice dbname=sluice target_session_attrs=read-write"
    }

    @Test func aClientSwitchesOverToTheNextServer() async throws {
        let (a, b) = (try freePort(), try freePort())
        try await withServer(port: a) { first in
            try await withServer(port: b) { _ in
                try await withClients(of: twoHosts(a, b)) { database in
                    let client = database.client()
                    #expect(try await client.int("inet_server_port()") == Int64(a))
                    try await first.stop()
                    #expect(try await client.int("inet_server_port()") == Int64(b))
                }
            }
        }
    }

    /// A write on a session that became read-only goes to the server that takes writes.
    @Test func aServerThatIsDemotedIsLeft() async throws {
        let (a, b) = (try freePort(), try freePort())
        try await withServer(port: a) { first in
            try await withServer(port: b) { _ in
                try await withClients(of: twoHosts(a, b)) { database in
                    let client = database.client()
                    #expect(try await client.int("inet_server_port()") == Int64(a))
                    try await withClients(of: first.connectionString) { demoted in
                        let owner = demoted.client()
                        _ = try await owner.execute(Statement("ALTER SYSTEM SET default_transaction_read_only = on"))
                        _ = try await owner.execute(Statement("SELECT pg_reload_conf()"))
                    }
                    try await eventually {
                        _ = try await client.execute(Statement("CREATE TABLE IF NOT EXISTS thing (id int8)"))
                        return try await client.int("inet_server_port()") == Int64(b)
                    }
                }
            }
        }
    }

    /// It hears why, as who migrates a replica must, and not only that its session ended.
    @Test func aLeaseIsToldThatTheServerTakesNoWrites() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let error = try await postgresError {
                try await client.withTransaction { lease in
                    try await lease.execute(Statement("SET TRANSACTION READ ONLY"))
                    try await lease.execute(Statement("CREATE TABLE thing (id int8)"))
                }
            }
            #expect(error?.sqlState == "25006" && error?.message.contains("read-only") == true, "\(error)")
            #expect(try await client.int("1") == 1)
        }
    }

    @Test func aReadOnlyServerIsPassedOver() async throws {
        let (a, b) = (try freePort(), try freePort())
        try await withServer(port: a) { first in
            try await withServer(port: b) { _ in
                try await withClients(of: first.connectionString) { database in
                    let client = database.client()
                    _ = try await client.execute(Statement("ALTER SYSTEM SET default_transaction_read_only = on"))
                }
                try await first.restart()
                try await withClients(of: twoHosts(a, b)) { database in
                    let port = try await database.client().int("inet_server_port()")
                    #expect(port == Int64(b))
                }
            }
        }
    }
}

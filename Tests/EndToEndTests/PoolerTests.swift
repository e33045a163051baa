import Postgres
import Sink
import TestSupport
import Testing

/// All but LISTEN and upkeep goes through PgBouncer in transaction mode, which has fewer sessions than the gateway has
/// connections; sessions and PgBouncer itself are killed under load.
struct PoolerTests {
    private static let sessions = 6

    @Test(.timeLimit(.minutes(2))) func nothingAcceptedIsLost() async throws {
        try await Arrivals.with { arrivals in
            try await withServer { server in
                try await withPooler(before: server, sessions: Self.sessions) { pooler in
                    try await withProcesses { processes in
                        // What is claimed as a session ends has no worker until its lease is over: the time-out and 15 s.
                        let installation = try await Installation(
                            processes, database: server.connectionString, destination: arrivals.sink.url,
                            options: ["--timeout", "1"])
                        try await kill(installation, server, pooler, arrivals)
                    }
                }
            }
        }
    }

    private func kill(
        _ installation: Installation, _ server: LocalServer, _ pooler: LocalPooler, _ arrivals: Arrivals
    ) async throws {
        let ways = [
            "SLUICE_DATABASE_URL": pooler.connectionString, "SLUICE_DATABASE_DIRECT_URL": server.connectionString,
        ]
        let (api, caller) = try await installation.serve(ways)
        let workers = [try installation.work(ways), try installation.work(ways)]
        let load = SteadyLoad(caller)
        async let loading: Void = load.run()
        try await arrivals.atLeast(100)
        try await withClients(of: server.connectionString) { database in
            let client = database.client()
            #expect(1...Self.sessions ~= (try await sessions(client)))
            for _ in 0..<3 {
                try await endSessions(client)
                try await goOn(load)
                try await pooler.kill()
                try await pooler.start()
                try await goOn(load)
            }
            // As after an hour in which nobody could see them: they make themselves known anew.
            _ = try await client.execute(Statement("UPDATE sluice.process SET seen_at = now() - interval '1 hour'"))
            let seen = Statement("SELECT FROM sluice.process WHERE seen_at > now() - interval '1 minute'")
            try await eventually { try await client.query(seen).count == 3 }
        }
        load.stop()
        await loading

        try await arrivals.all(load.accepted)
        let stored = try await storedBodies(server.connectionString)
        #expect(load.accepted.isSubset(of: stored.keys) && stored.values.allSatisfy { $0 == 1 })
        #expect(api.status == nil && workers.allSatisfy { $0.status == nil })
        print(
            "through a pooler that was killed: \(load.accepted.count) accepted, \(load.refused) refused, "
                + "\(arrivals.bodies.count) arrived, \(arrivals.duplicates) duplicates")
    }

    private static let pooled = "FROM pg_stat_activity WHERE application_name = 'sluice'"

    private func sessions(_ client: Client) async throws -> Int {
        Int(try await client.query(Statement("SELECT count(*) \(Self.pooled)"))[0].decode(0, as: Int64.self))
    }

    private func endSessions(_ client: Client) async throws {
        _ = try await client.execute(Statement("SELECT pg_terminate_backend(pid) \(Self.pooled)"))
    }

    private func goOn(_ load: SteadyLoad) async throws {
        let before = load.accepted.count
        try await eventually { load.accepted.count > before + 100 }
    }
}

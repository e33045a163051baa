import Glibc
import Postgres
import Sink
import TestSupport
import Testing

/// Everything crashes under load, at random times; what was answered 202 is delivered.
struct CrashTests {
    private static let concurrency = 32

    private enum Fault: String, CaseIterable { case worker, api, database }

    @Test(.timeLimit(.minutes(3)), arguments: [20_261_124])
    func nothingAcceptedIsLost(seed: UInt64) async throws {
        // Slow enough that deliveries are under way whenever a worker is killed.
        try await Arrivals.with(Reply(delay: .milliseconds(20))) { arrivals in
            try await withServer { server in
                try await withProcesses { processes in
                    let installation = try await Installation(
                        processes, database: server.connectionString, destination: arrivals.sink.url,
                        options: ["--timeout", "1"])
                    try await crash(installation, server, arrivals, seed: seed)
                }
            }
        }
    }

    private func crash(_ installation: Installation, _ server: LocalServer, _ arrivals: Arrivals, seed: UInt64)
        async throws
    {
        var random = SeededGenerator(seed: seed)
        var (api, caller) = try await installation.serve()
        let samePort = ["SLUICE_PORT": String(caller.url.split(separator: ":").last ?? "")]
        let limit = ["SLUICE_WORKER_CONCURRENCY": "\(Self.concurrency)"]
        var worker = try installation.work(limit)
        let load = SteadyLoad(caller)
        async let loading: Void = load.run()
        try await arrivals.atLeast(50)

        var crashes: [Fault: Int] = [:]
        var faults: [Fault] = []
        let end = ContinuousClock.now + .seconds(20)
        while .now < end {
            if faults.isEmpty { faults = Fault.allCases.shuffled(using: &random) }
            let fault = faults.removeLast()
            try await Task.sleep(for: .milliseconds(.random(in: 200...1500, using: &random)))
            crashes[fault, default: 0] += 1
            switch fault {
            case .worker:
                worker.kill(SIGKILL)
                #expect(try await worker.ended() == -SIGKILL)
                worker = try installation.work(limit)
            case .api:
                api.kill(SIGKILL)
                #expect(try await api.ended() == -SIGKILL)
                (api, caller) = try await installation.serve(samePort)
            case .database:
                try await server.restart(mode: .immediate)
            }
        }
        load.stop()
        await loading

        let accepted = load.accepted
        try #require(crashes.count == Fault.allCases.count && accepted.count > 100, "\(crashes), \(accepted.count)")
        try await arrivals.all(accepted)
        try await expectRest(server)
        // Of what was sent and not yet recorded when a worker ended, or the database, whose claims are not flushed.
        let bound = (crashes[.worker, default: 0] + crashes[.database, default: 0]) * Self.concurrency
        #expect(arrivals.duplicates <= bound)
        let kinds = crashes.map { "\($0.rawValue) \($1)" }.sorted().joined(separator: ", ")
        print("crashes: \(kinds); \(accepted.count) accepted, \(load.refused) refused, ", terminator: "")
        print("\(arrivals.bodies.count) arrived, \(arrivals.duplicates) duplicates of at most \(bound)")
        #expect(worker.status == nil && api.status == nil)
    }

    /// Nothing waits, nothing is in flight, and no lane is armed for nothing.
    private func expectRest(_ server: LocalServer) async throws {
        try await withClients(of: server.connectionString) { database in
            let client = database.client()
            let counts = Statement(
                """
                SELECT (SELECT count(*) FROM sluice.ready), (SELECT count(*) FROM sluice.in_flight),
                       (SELECT count(*) FROM sluice.lane WHERE armed), (SELECT count(*) FROM sluice.dead_letter)
                """)
            var left: [Int64] = []
            do {
                try await eventually(within: .seconds(40)) {
                    let row = try await client.query(counts)[0]
                    left = try (0..<4).map { try row.decode($0) }
                    return left == [0, 0, 0, 0]
                }
            } catch is NeverHappened {
                Issue.record("left in ready, in flight, armed, dead: \(left)")
            }
        }
    }
}

import NIOCore
import Postgres
import Sink
import TestSupport
import Testing

/// SIGTERM, as from a service manager.
struct ShutdownTests {
    @Test(.timeLimit(.minutes(2))) func aWorkerHandsBackWhatHangs() async throws {
        try await Arrivals.with(.hang) { arrivals in
            try await withInstallation(arrivals) { installation, database in
                let (_, caller) = try await installation.serve()
                let worker = try installation.work(["SLUICE_WORKER_DRAIN": "1"])
                let bodies = Set((0..<5).map { "hanging \($0)" })
                for body in bodies { _ = try await caller.post("/in/sink", Array(body.utf8)).id() }
                try await arrivals.all(bodies)

                #expect(try await worker.terminate(within: .seconds(20)) == 0, "\(worker.errors)")
                let client = database.client()
                let rows = try await client.query(Statement("SELECT attempts FROM sluice.ready"))
                #expect(try rows.map { try $0.decode(0, as: Int16.self) } == [0, 0, 0, 0, 0])
                #expect(try await client.query(Statement("SELECT FROM sluice.in_flight")).count == 0)

                arrivals.answer(.ok)
                _ = try installation.work()
                try await eventually { arrivals.sink.requests == 10 }
                #expect(arrivals.bodies == bodies)
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func serveAnswersWhatItHasTaken() async throws {
        try await Arrivals.with { arrivals in
            try await withInstallation(arrivals) { installation, database in
                let (api, caller) = try await installation.serve()
                let load = SteadyLoad(caller, patience: .seconds(5))
                async let loading: Void = load.run(pause: .milliseconds(2))
                try await eventually { load.accepted.count > 200 }
                #expect(try await api.terminate(within: .seconds(20)) == 0, "\(api.errors)")
                load.stop()
                await loading

                let accepted = load.accepted
                let rows = try await database.client().query(Statement("SELECT body FROM sluice.request"))
                let stored = try rows.map { String(decoding: try $0.decode(0, as: Bytea.self).bytes, as: UTF8.self) }
                #expect(accepted.isSubset(of: Set(stored)))
                _ = try installation.work()
                try await arrivals.all(accepted)
                #expect(arrivals.duplicates == 0)
            }
        }
    }

    private func withInstallation(
        _ arrivals: Arrivals, _ body: (Installation, TestDatabase) async throws -> Void
    ) async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let installation = try await Installation(
                    processes, database: database.connectionString, destination: arrivals.sink.url)
                try await body(installation, database)
            }
        }
    }
}

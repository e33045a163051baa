import Glibc
import NIOHTTP1
import TestSupport
import Testing

/// SIGTERM to an API before which somebody balances load.
struct DrainTests {
    @Test(.timeLimit(.minutes(5))) func itSaysSoThenServesOnThenEnds() async throws {
        try await withServing(drain: 3) { process, caller in
            #expect(try await caller.status(of: "/readyz") == 200)
            let start = ContinuousClock.now
            process.kill(SIGTERM)
            try await eventually { try await caller.status(of: "/readyz") == 503 }
            let answer = try await caller.post("/in/sink", [1])
            #expect(answer.status == 202)
            #expect(answer.headers["Connection"] == ["close"])
            #expect(try await process.ended() == 0, "\(process.errors)")
            #expect(.now - start >= .seconds(3))
        }
    }

    @Test(.timeLimit(.minutes(5))) func aSecondSignalEndsIt() async throws {
        try await withServing(drain: 300) { process, caller in
            process.kill(SIGTERM)
            try await eventually { try await caller.status(of: "/readyz") == 503 }
            // Signals of one kind that come at once are one.
            #expect(try await process.terminate(SIGINT) == 0, "\(process.errors)")
        }
    }

    private func withServing(drain: Int, _ body: (GatewayProcess, Caller) async throws -> Void) async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let installation = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9")
                let (process, caller) = try await installation.serve(["SLUICE_SERVE_DRAIN": "\(drain)"])
                try await body(process, caller)
                process.kill(SIGKILL)
            }
        }
    }
}

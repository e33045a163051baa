import Foundation
import NIOHTTP1
import Postgres
import Sink
import TestSupport
import Testing

/// The database is away for a while.
struct OutageTests {
    @Test(.timeLimit(.minutes(2))) func callersWaitAndSucceed() async throws {
        try await withOutage { installation, server, arrivals in
            let (_, caller) = try await installation.serve()
            _ = try installation.work()
            _ = try await caller.post("/in/sink", Array("before".utf8)).id()

            try await server.stop(mode: .immediate)
            let answered = Shared<[String]>([])
            let bodies = Set((0..<20).map { "while it was away \($0)" })
            try await withThrowingTaskGroup { group in
                for body in bodies {
                    group.addTask {
                        _ = try await caller.post("/in/sink", Array(body.utf8)).id()
                        answered.update { $0.append(body) }
                    }
                }
                try await Task.sleep(for: .seconds(3))
                #expect(answered.value.isEmpty)
                try await server.start()
                try await group.waitForAll()
            }
            #expect(Set(answered.value) == bodies)
            try await arrivals.all(bodies.union(["before"]))
            #expect(arrivals.duplicates == 0)
        }
    }

    @Test(.timeLimit(.minutes(2))) func theDeadlineEndsTheWait() async throws {
        try await withOutage { installation, server, arrivals in
            let (_, caller) = try await installation.serve(["SLUICE_STORE_DEADLINE": "2"])
            _ = try installation.work()
            _ = try await caller.post("/in/sink", Array("before".utf8)).id()
            try await arrivals.all(["before"])

            try await server.stop(mode: .immediate)
            try await withThrowingTaskGroup { group in
                for number in 0..<20 {
                    group.addTask { try await expectRefusal(caller, Array("refused \(number)".utf8)) }
                }
                try await group.waitForAll()
            }
            try await server.start()
            var after = try await caller.post("/in/sink", Array("after".utf8))
            try await eventually {
                if after.status == 503 { after = try await caller.post("/in/sink", Array("after".utf8)) }
                return after.status == 202
            }
            try await arrivals.all(["after"])
            // The answer was that nothing was stored.
            #expect(arrivals.bodies == ["before", "after"])
        }
    }

    private func expectRefusal(_ caller: Caller, _ body: [UInt8]) async throws {
        let start = ContinuousClock.now
        let answer = try await caller.post("/in/sink", body)
        #expect(answer.status == 503)
        #expect(start.duration(to: .now) > .seconds(1.5))
        #expect(start.duration(to: .now) < .seconds(8))
        #expect(answer.headers.first(name: "Retry-After").flatMap { Int($0) }.map { 1...5 ~= $0 } == true)
        #expect(answer.headers.first(name: "Content-Type") == "application/problem+json")
        let problem = try JSONDecoder().decode(Problem.self, from: answer.body)
        #expect(problem.type == "/problems/storage-unavailable")
        #expect(problem.status == 503)
    }

    private struct Problem: Decodable {
        let type: String
        let status: Int
    }

    private func withOutage(_ body: (Installation, LocalServer, Arrivals) async throws -> Void) async throws {
        try await Arrivals.with { arrivals in
            try await withServer { server in
                try await withProcesses { processes in
                    let installation = try await Installation(
                        processes, database: server.connectionString, destination: arrivals.sink.url)
                    try await body(installation, server, arrivals)
                }
            }
        }
    }
}

import Bench
import Glibc
import Sink
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LoadTests {
    private func load(
        against receive: @escaping @Sendable (Received) -> Reply, change: (inout Load) -> Void = { _ in }
    ) async throws -> LoadReport {
        let sink = try await Sink.start(receive: receive)
        var load = Load(port: sink.port, extent: .count(100), requests: .same(Load.post("/", body: [1, 2, 3])))
        load.connections = 4
        change(&load)
        let result: Result<LoadReport, any Error>
        do { result = .success(try await load.run()) } catch { result = .failure(error) }
        await sink.stop()
        return try result.get()
    }

    private func load(against reply: Reply, change: (inout Load) -> Void = { _ in }) async throws -> LoadReport {
        try await load(against: { _ in reply }, change: change)
    }

    @Test func countsByStatus() async throws {
        let turn = Atomic(0)
        let receive: @Sendable (Received) -> Reply = { _ in
            [.ok, .status(204), .status(503), Reply(headers: [("Transfer-Encoding", "chunked")], body: [1])][
                turn.add(1, ordering: .relaxed).oldValue % 4]
        }
        let report = try await load(against: receive)
        #expect(report.statuses == [200: 50, 204: 25, 503: 25])
        #expect(report.successes == 75)
        #expect(report.errors == LoadReport.Errors())
    }

    @Test func tellsWhichRequestWasAnsweredAndHow() async throws {
        let answers = Mutex<[Int: Int]>([:])
        let report = try await load(against: .status(202)) {
            $0.onAnswer = { number, status in answers.withLock { $0[number] = status } }
        }
        #expect(report.requests == 100)
        let told = answers.withLock { $0 }
        #expect(told == Dictionary(uniqueKeysWithValues: (0..<100).map { ($0, 202) }))
    }

    @Test func openLoopKeepsItsSchedule() async throws {
        let report = try await load(against: .ok) {
            $0.pace = .open(perSecond: 500)
            $0.warmUp = .milliseconds(100)
            $0.extent = .duration(.seconds(1))
        }
        #expect(report.requests == 500)
        #expect(report.seconds >= 1)
        #expect(report.errors == LoadReport.Errors())
    }

    /// Every 10 ms one is due and each takes 20 ms: the last of 20 answers comes 400 ms after the start, 210 ms after
    /// it was due.
    @Test func openLoopChargesTheServerForWaiting() async throws {
        let report = try await load(against: Reply(delay: .milliseconds(20))) {
            $0.connections = 1
            $0.pace = .open(perSecond: 100)
            $0.extent = .count(20)
        }
        #expect(report.requests == 20)
        #expect(report.latency.maximum >= 210_000)
        #expect(report.latency.p50 >= 100_000)
    }

    /// The first request holds up the thread, so that at the next look the end has passed with connections to spare.
    @Test(arguments: [Load.Extent.count(3), .duration(.milliseconds(3))])
    func openLoopEndsThoughItIsLate(_ extent: Load.Extent) async throws {
        let report = try await load(against: .ok) {
            $0.pace = .open(perSecond: 1000)
            $0.extent = extent
            $0.requests = .each { index in
                if index == 0 { usleep(20_000) }
                return Load.post("/", body: [])
            }
        }
        #expect(report.requests == 3)
        #expect(report.errors == LoadReport.Errors())
    }

    @Test func endsThoughNoAnswerComes() async throws {
        let report = try await load(against: .hang) {
            $0.pace = .open(perSecond: 1000)
            $0.extent = .duration(.milliseconds(50))
            $0.patience = .milliseconds(50)
        }
        #expect(report.requests == 0)
        #expect(report.errors.unanswered == 50)
    }

    @Test func opensConnectionsAnew() async throws {
        let closing = try await load(against: Reply(headers: [("Connection", "close")], body: [1]))
        #expect(closing.requests == 100)
        #expect(closing.errors.lost == 0)
        #expect(closing.errors.reconnects >= 96)

        let reset = try await load(against: .reset)
        #expect(reset.requests == 0)
        #expect(reset.errors.lost == 100)

        let garbage = try await load(against: .garbage) { $0.extent = .count(10) }
        #expect(garbage.errors.malformed == 10)
        #expect(garbage.errors.lost == 10)
    }

    @Test func throwsWhenNobodyListens() async throws {
        await #expect(throws: (any Error).self) {
            try await Load(port: 1, extent: .count(1), requests: .same([])).run()
        }
    }

    @Test func canBeCancelled() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let sink = try await Sink.start { _ in
            arrived.yield()
            return .hang
        }
        let load = Load(port: sink.port, extent: .duration(.seconds(3600)), requests: .same(Load.post("/", body: [])))
        let run = Task { try await load.run() }
        for await _ in arrivals { break }
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        await sink.stop()
    }
}

import Model
import Postgres
import Requests
import Sink
import Tenants
import TestSupport
import Testing

/// The whole worker against a database and a sink.
struct WorkerTests {
    @Test func everyRequestArrivesOnce() async throws {
        try await withSink { sink, received in
            try await withGateway(to: sink) { gateway in
                let stored = try await gateway.store(200)
                try await eventually(within: .seconds(30)) {
                    try await gateway.count("attempt", where: "verdict = 'delivered'") == 200
                }
                #expect(received.value.count == 200)
                #expect(Set(received.value.map(\.uri)) == Set(stored.map { "/\($0)" }))
                #expect(received.value.allSatisfy { "/" + String(decoding: $0.body, as: UTF8.self) == $0.uri })
                #expect(try await gateway.count("in_flight") == 0)
                #expect(try await gateway.count("ready") == 0)
            }
        }
    }

    /// What is made with SQL is armed by the workers, whom its commit tells.
    @Test func whatIsEnqueuedWithSQLArrivesAfterTheCommit() async throws {
        try await withSink { sink, received in
            try await withGateway(to: sink) { gateway in
                // What is told before the worker listens is found later, by reconciliation.
                try await eventually { gateway.isListening.value }
                try await gateway.client.withTransaction { lease in
                    for path in ["/a", "/b"] {
                        _ = try await lease.execute(
                            Statement("SELECT sluice.enqueue('t', 'sink', 'Hello', path => '\(path)')"))
                    }
                    #expect(received.value.isEmpty)
                }
                try await eventually(within: .seconds(10)) { received.value.count == 2 }
                #expect(Set(received.value.map(\.uri)) == ["/a", "/b"])
            }
        }
    }

    @Test func failuresAreRetriedUntilTheLastAttempt() async throws {
        try await withSink(.status(503)) { sink, received in
            try await withGateway(to: sink, { $0.retry.maxAttempts = 3 }) { gateway in
                _ = try await gateway.store(5)
                try await eventually(within: .seconds(30)) { try await gateway.count("dead_letter") == 5 }
                #expect(received.value.count == 15)
                #expect(try await gateway.count("attempt", where: "class = 'unavailable'") == 15)
                #expect(try await gateway.count("attempt", where: "verdict = 'dead' AND number = 3") == 5)
            }
        }
    }

    @Test func noMoreAreUnderWayThanTheDestinationAllows() async throws {
        let underWay = Shared((now: 0, highest: 0))
        let sink = try await Sink.start { _ in Reply(delay: .milliseconds(20)) }
        try await withDatabase { database in
            let gateway = try await Gateway(database, to: sink, drainTimeout: .seconds(5)) { $0.maxInFlight = 4 }
            try await gateway.run {
                _ = try await gateway.store(40)
                try await eventually(within: .seconds(30)) {
                    let flying = Int(try await gateway.count("in_flight"))
                    underWay.update { $0.highest = max($0.highest, flying) }
                    return try await gateway.count("attempt", where: "verdict = 'delivered'") == 40
                }
            }
        }
        await sink.stop()
        #expect(1...4 ~= underWay.value.highest)
    }

    /// What hangs when the worker stops goes back unspent and is delivered by the next.
    @Test func aShutdownHandsBackWhatHangs() async throws {
        try await withDatabase { database in
            let hanging = try await Sink.start { _ in .hang }
            let first = try await Gateway(database, to: hanging, drainTimeout: .milliseconds(100)) { _ in }
            try await first.run {
                _ = try await first.store(3)
                try await eventually { hanging.requests == 3 }
                #expect(try await first.count("in_flight") == 3)
            }
            #expect(try await first.count("in_flight") == 0)
            #expect(try await first.count("attempt") == 0)
            #expect(try await first.count("ready", where: "attempts = 0") == 3)
            await hanging.stop()

            let answering = try await Sink.start { _ in .ok }
            let second = try await Gateway(database, to: answering, drainTimeout: .seconds(5)) { _ in }
            try await second.run {
                try await eventually { try await second.count("attempt", where: "verdict = 'delivered'") == 3 }
            }
            #expect(answering.requests == 3)
            await answering.stop()
        }
    }

    @Test func aShutdownLetsWhatIsUnderWayFinish() async throws {
        let sink = try await Sink.start { _ in Reply(delay: .milliseconds(300)) }
        try await withDatabase { database in
            let gateway = try await Gateway(database, to: sink, drainTimeout: .seconds(10)) { _ in }
            try await gateway.run {
                _ = try await gateway.store(3)
                try await eventually { sink.requests == 3 }
            }
            #expect(try await gateway.count("attempt", where: "verdict = 'delivered'") == 3)
            #expect(try await gateway.count("in_flight") == 0)
        }
        await sink.stop()
    }

    /// The first attempt is under way when its lease is taken from it; its report, which comes later, is dropped.
    @Test func aReportAfterTheLeaseWasLostChangesNothing() async throws {
        let gate = Shared(0)
        let sink = try await Sink.start { _ in
            gate.update { $0 += 1 }
            return gate.value == 1 ? Reply(status: 500, delay: .milliseconds(800)) : .ok
        }
        try await withDatabase { database in
            let gateway = try await Gateway(database, to: sink, drainTimeout: .seconds(10)) { _ in }
            try await gateway.run {
                _ = try await gateway.store(1)
                try await eventually { sink.requests == 1 }
                _ = try await gateway.client.execute(
                    Statement("UPDATE sluice.in_flight SET lease_until = claimed_at"))
                #expect(try await DeliveryStore(gateway.client).rescue(.only) == 1)
                try await eventually { try await gateway.count("attempt", where: "verdict = 'delivered'") == 1 }
            }
            // The worker waited for the first answer and reported it.
            #expect(sink.requests == 2)
            #expect(try await gateway.count("attempt", where: "class = 'lost' AND number = 1") == 1)
            #expect(try await gateway.count("attempt", where: "class = 'delivered' AND number = 2") == 1)
            #expect(try await gateway.count("attempt") == 2)
            #expect(try await gateway.count("ready") == 0)
        }
        await sink.stop()
    }
}

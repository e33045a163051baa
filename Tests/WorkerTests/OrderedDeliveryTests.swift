import Circuits
import Model
import Sink
import Tenants
import TestSupport
import Testing

/// Two workers, a sink that fails at random, and keys whose requests must arrive in order.
struct OrderedDeliveryTests {
    private struct Arrival: Sendable {
        let key: String
        let number: Int
        let isTaken: Bool

        /// Of `/key/number`.
        init?(_ uri: String, isTaken: Bool) {
            let parts = uri.split(separator: "/")
            guard parts.count == 2, let number = Int(parts[1]) else { return nil }
            (key, self.number, self.isTaken) = (String(parts[0]), number, isTaken)
        }
    }

    private static let keys = (0..<8).map { "k\($0)" }

    private func withSink(
        _ body: (Sink, _ arrivals: Shared<[Arrival]>, _ failures: Shared<Double>) async throws -> Void, seed: UInt64
    ) async throws {
        let (arrivals, failures) = (Shared<[Arrival]>([]), Shared(0.4))
        let random = Shared(SeededGenerator(seed: seed))
        let sink = try await Sink.start { request in
            var dice = 0.0
            random.update { dice = Double.random(in: 0..<1, using: &$0) }
            let isTaken = dice >= failures.value
            arrivals.update { list in
                if let arrival = Arrival(request.uri, isTaken: isTaken) { list.append(arrival) }
            }
            return .status(isTaken ? 200 : 503)
        }
        do {
            try await body(sink, arrivals, failures)
        } catch {
            await sink.stop()
            throw error
        }
        await sink.stop()
    }

    /// Each key's by one caller, who waits for each answer; the keys at the same time.
    private func store(_ numbers: Range<Int>, in gateway: Gateway) async throws {
        try await withThrowingTaskGroup { group in
            for key in Self.keys {
                group.addTask {
                    for number in numbers { try await gateway.store(path: "/\(key)/\(number)", orderedBy: key) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// No attempt of the next before the last of each.
    private func expectOrder(_ arrivals: [Arrival], _ count: Int) {
        for key in Self.keys {
            let numbers = arrivals.filter { $0.key == key }.map(\.number)
            #expect(numbers == numbers.sorted(), "\(key)")
            #expect(Set(numbers) == Set(0..<count))
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [1, 2] as [UInt64])
    func eachKeyArrivesInOrder(_ seed: UInt64) async throws {
        try await withSink(
            { sink, arrivals, _ in
                try await withDatabase { database in
                    let shape: (inout DestinationSettings) -> Void = {
                        $0.orderedLanes = 4
                        $0.retry.maxAttempts = 3
                    }
                    let first = try await Gateway(database, to: sink, shape: shape)
                    let second = try await Gateway(database, to: sink, shape: shape)
                    try await first.run {
                        try await second.run {
                            try await store(0..<10, in: first)
                            try await eventually(within: .seconds(90)) {
                                try await first.unfinished() == 0
                            }
                        }
                    }
                    let dead = try await first.count("dead_letter")
                    #expect(try await first.count("attempt", where: "verdict = 'delivered'") + dead == 80)
                    expectOrder(arrivals.value, 10)
                    for key in Self.keys {
                        for number in 0..<10 {
                            let own = arrivals.value.filter { $0.key == key && $0.number == number }
                            #expect(own.last?.isTaken == true || own.count == 3)
                            #expect(own.dropLast().allSatisfy { !$0.isTaken })
                        }
                    }
                }
            }, seed: seed)
    }

    /// Opens on failures, holds, probes with the first of a lane, ramps, drains; nothing overtakes.
    @Test(.timeLimit(.minutes(3))) func aCircuitOpensAndDrainsInOrder() async throws {
        try await withSink(
            { sink, arrivals, failures in
                let shape: (inout DestinationSettings) -> Void = {
                    $0.orderedLanes = 4
                    $0.retry.maxAttempts = 100
                }
                try await withGateway(to: sink, policy: CircuitTests.hasty, shape) { gateway in
                    failures.update { $0 = 1 }
                    try await store(0..<4, in: gateway)
                    try await eventually(within: .seconds(30)) { try await gateway.circuit().state == .open }
                    try await store(4..<8, in: gateway)
                    failures.update { $0 = 0 }
                    try await eventually(within: .seconds(90)) {
                        try await gateway.count("attempt", where: "verdict = 'delivered'") == 64
                    }
                    expectOrder(arrivals.value, 8)
                    try await eventually(within: .seconds(60)) { try await gateway.circuit().state == .closed }
                }
            }, seed: 3)
    }
}

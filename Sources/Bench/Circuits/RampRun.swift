import Circuits
import Postgres
import SQL
import Sink
import Synchronization
import Tenants

/// A backlog that drains when its destination heals, against the rate without a circuit's limit.
struct RampRun {
    private static let backlog = 100_000
    private static let unthrottled = 30_000
    private static let delay = Duration.milliseconds(10)

    let site: CircuitSite
    let workers: Int

    func measure(into results: inout Results) async throws {
        let played = PlayedDestination(isUp: true, delay: Self.delay)
        let sink = try await played.start()
        let fixture = try await site.destination("ramp", url: sink.url)
        var processes: [GatewayProcess] = []
        defer { for process in processes { process.stop() } }
        for _ in 0..<2 { processes.append(try await GatewayProcess.start("work", site.server)) }

        try await site.fill(fixture, count: Self.unthrottled, first: 0)
        try await site.wait(120, for: "the unthrottled drain") { played.calls.count >= Self.unthrottled }
        let full = Self.rate(played.calls, from: Self.unthrottled / 5, to: Self.unthrottled)

        played.set(isUp: false)
        try await site.circuits.put(
            .init(["fail_ratio": .number(0.001), "wait_base_s": .number(1), "wait_cap_s": .number(2)]),
            shard: fixture.shard, tenant: fixture.tenant, destination: fixture.destinations[0].id)
        // The workers read policies every five seconds.
        try await Task.sleep(for: .seconds(6))
        try await site.fill(fixture, count: Self.backlog, first: 1 << 32)
        try await site.wait(60, for: "the open circuit") { try await site.circuit(fixture).state == .open }
        played.set(isUp: true)
        let healed = played.calls.count

        var limits: [(slot: Int64, limit: Int)] = []
        try await site.wait(180, for: "the end of the backlog") {
            let circuit = try await site.circuit(fixture)
            if circuit.state == .ramping, let limit = circuit.limit {
                limits.append((Timestamp.now.slot, Int(limit.value)))
            }
            return played.calls.count >= healed + Self.backlog
        }
        let ramp = try await site.times(.probesSucceeded, fixture)
        guard let start = ramp.first else { throw BenchError("the circuit never ramped") }
        let calls = played.calls.filter { $0 > start }
        results.add("unthrottled drain, 64 at a time", full, "1/s")
        results.add(
            "from the ramp's start to 80 % of it", Self.time(calls, from: start, toReach: 0.8 * full), "s",
            target: "<= 60")
        let excess = limits.map { sample in
            // The limit was read at the slot's time, and may have grown since the slot before.
            (played.underWay[sample.slot - 1] ?? 0) - sample.limit
        }
        results.add("samples of the limit", Double(limits.count), "")
        results.add("most under way above the limit", Double(excess.max() ?? 0), "", target: "<= 0")
        await sink.stop()
    }

    private static func rate(_ calls: [Timestamp], from: Int, to: Int) -> Double {
        Double(to - from) / ((calls[to - 1] - calls[from]).milliseconds / 1000)
    }

    /// Seconds until the calls of a second are as many.
    private static func time(_ calls: [Timestamp], from start: Timestamp, toReach rate: Double) -> Double {
        var first = 0
        for (index, call) in calls.enumerated() {
            while call - calls[first] > .seconds(1) { first += 1 }
            if Double(index - first + 1) >= rate { return (call - start).milliseconds / 1000 }
        }
        return .infinity
    }
}

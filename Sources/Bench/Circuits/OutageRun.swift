import Circuits
import Postgres
import Sink

/// A destination that is down from the start, tried by several worker processes: how fast its gate closes, and how often it
/// is called afterwards.
struct OutageRun {
    /// Long enough for a dozen waits.
    private static let observed = Duration.seconds(20)
    /// Between a gate's closing and the last delivery that was under way by then.
    private static let grace = Duration.milliseconds(100)

    let site: CircuitSite
    let workers: Int
    let rounds: Int

    func measure(into results: inout Results) async throws {
        var processes: [GatewayProcess] = []
        defer { for process in processes { process.stop() } }
        for _ in 0..<workers { processes.append(try await GatewayProcess.start("work", site.server)) }
        // All of them are to take part from the first call on: a start takes a fraction of this.
        try await Task.sleep(for: .seconds(2))

        var closing: [Double] = []
        var late: [Double] = []
        var probes: [Double] = []
        for round in 0..<rounds {
            let played = PlayedDestination(isUp: false, delay: .milliseconds(5))
            let sink = try await played.start()
            let fixture = try await site.destination("outage-\(round)", url: sink.url)
            try await site.fill(fixture, count: 2_000, first: Int64(round) << 20)
            try await site.wait(30, for: "the open circuit") { try await site.circuit(fixture).state == .open }
            try await Task.sleep(for: Self.observed)
            let opened = try await site.times(.consecutive, fixture) + site.times(.failRatio, fixture)
            guard let gate = opened.min(), played.calls.count >= 5 else {
                throw BenchError("the circuit opened for another reason")
            }
            let granted = try await site.times(.probing, fixture)
            let after = played.calls.filter { $0 > gate + Self.grace }
            // The fifth answer trips it; it was given `delay` after its call.
            closing.append((gate - (played.calls[4] + .milliseconds(5))).milliseconds)
            late.append(Double(played.calls.count { $0 > gate && $0 <= gate + Self.grace }))
            probes.append(Double(after.count) / Double(max(granted.count, 1)))
            results.add("calls before the gate closed", Double(played.calls.count { $0 <= gate }), "")
            _ = try await site.circuits.command("pause", site.key(fixture), actor: "bench", note: "measured")
            await sink.stop()
        }
        results.add("from the tripping answer to the closed gate", median(closing), "ms", target: "<= flush + 100")
        results.add("calls of earlier claims in the 100 ms after it", median(late), "", target: "")
        results.add("calls per wait afterwards, \(workers) workers", probes.max() ?? 0, "", target: "1")
    }
}

extension Duration {
    var milliseconds: Double { Double(microseconds) / 1000 }
}

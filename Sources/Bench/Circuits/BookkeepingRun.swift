import Postgres
import SQL
import Sink

/// Drains in turn with outcomes counted for circuits, and with reports that leave that out.
struct BookkeepingRun {
    let site: CircuitSite
    let requests: Int
    let rounds: Int

    func measure(into results: inout Results) async throws {
        let sink = try await Sink.counting()
        let fixture = try await Fixture.make(site.tenants, name: "bookkeeping", url: sink.url)
        let run = DrainRun(server: site.server, client: site.client, fixture: fixture, sink: sink, requests: requests)
        _ = try await run.measure()
        var (with, without): ([Double], [Double]) = ([], [])
        // A difference of a few parts in a hundred, on machines that vary by more: many pairs, in alternating order.
        for round in 0..<rounds * 3 {
            for counts in round.isMultiple(of: 2) ? [true, false] : [false, true] {
                _ = try await site.client.execute(SQL[counts ? "bench.count_outcomes" : "bench.count_nothing"])
                let rate = try await run.measure().rate
                if counts { with.append(rate) } else { without.append(rate) }
            }
        }
        _ = try await site.client.execute(SQL["bench.count_outcomes"])
        results.add("drain, outcomes counted", median(with), "1/s")
        results.add("drain, not counted", median(without), "1/s")
        results.add(
            "counted / not counted", median(zip(with, without).map { $0 / $1 }), "ratio", target: ">= 0.95")
        await sink.stop()
    }
}

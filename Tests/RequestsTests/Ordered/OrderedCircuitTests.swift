import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

/// What a circuit does to an ordered destination's lanes.
struct OrderedCircuitTests {
    private func limit(_ destination: Destination, _ limit: Int32, _ site: Site) async throws {
        _ = try await site.client.execute(
            Statement("UPDATE sluice.lane SET dispatch_limit = $1 WHERE destination_id = $2"),
            Parameters(limit, destination.id.uuid))
    }

    private func probe(_ destination: Destination, _ site: Site, skip: RequestID? = nil) async throws -> Delivery? {
        try await site.deliveries.claimProbe(
            shard: Site.shard, tenant: destination.tenant, destination: destination.id, worker: site.worker, skip: skip)
    }

    /// And every lane has its turn: none is left out while the limit is low.
    @Test(arguments: [1, 3] as [Int32])
    func aLimitIsThatOfAllLanesTogether(_ limit: Int32) async throws {
        try await withSite { site in
            let destination = try await site.ordered(8)
            for key in destination.keys { _ = try await site.addInOrder(2, to: destination, key: key) }
            try await self.limit(destination, limit, site)
            var delivered = 0
            while delivered < 16 {
                let claimed = try await site.claim()
                // Fewer where only few lanes are left.
                #expect(1...Int(limit) ~= claimed.count)
                guard !claimed.isEmpty else { break }
                #expect(try await site.claim().isEmpty)
                #expect(try await site.client.stuckLanes() == 0)
                try await site.report(claimed, .delivered)
                delivered += claimed.count
            }
            #expect(delivered == 16)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aLimitHoldsAgainstClaimsAtTheSameTime() async throws {
        try await withSite(connections: 8) { site in
            let destination = try await site.ordered(16)
            for key in destination.keys { _ = try await site.addInOrder(10, to: destination, key: key) }
            try await limit(destination, 3, site)
            let (left, highest) = (Shared(160), Shared(Int64(0)))
            try await withThrowingTaskGroup { group in
                for _ in 0..<6 {
                    group.addTask {
                        while left.value > 0 {
                            let claimed = try await site.claim { $0.lanes = 2 }
                            let flying = try await site.client.count("sluice.in_flight")
                            highest.update { $0 = max($0, flying) }
                            try await site.report(claimed, .delivered)
                            left.update { $0 -= claimed.count }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(1...3 ~= highest.value)
        }
    }

    @Test func aProbeIsTheFirstOfALane() async throws {
        try await withSite { site in
            let destination = try await site.ordered(2)
            var ids: [[RequestID]] = []
            for key in destination.keys { ids.append(try await site.addInOrder(2, to: destination, key: key)) }
            for lane in destination.lanes { try await site.client.setGate("hold", lane) }
            // Also where it is the one that failed; then that of the other lane; then none, for both are under way.
            let first = try #require(try await probe(destination, site, skip: ids[0][0]))
            #expect(first.request == ids[0][0])
            let second = try #require(try await probe(destination, site))
            #expect(second.request == ids[1][0])
            #expect(try await probe(destination, site) == nil)
            try await site.report([first], .retry, .timeout, retryIn: .seconds(60))
            #expect(try await probe(destination, site) == nil)
            try await site.report([second], .delivered)
            #expect(try await probe(destination, site)?.request == ids[1][1])
        }
    }

    /// What came before the gate opened goes before what comes since.
    @Test func aDrainKeepsTheOrder() async throws {
        try await withSite { site in
            let destination = try await site.ordered(1)
            try await site.operate("pause")
            var ids = try await site.addInOrder(5, to: destination, key: "k")
            try await site.operate("resume")
            ids += try await site.addInOrder(5, to: destination, key: "k")
            for id in ids {
                let claimed = try await site.claim()
                #expect(claimed.map(\.request) == [id])
                try await site.report(claimed, .delivered)
            }
        }
    }
}

extension Site {
    fileprivate func operate(_ command: String) async throws {
        _ = try await client.execute(Statement("SELECT sluice.\(command)_circuit('t', 'd', 'test')"))
    }
}

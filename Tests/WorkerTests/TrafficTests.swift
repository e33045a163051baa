import Circuits
import Model
import Requests
import Sink
import Tenants
import TestSupport
import Testing

/// What a process counts of its requests and attempts, from the store and the worker to the table.
struct TrafficTests {
    /// A status that the destination answers, and what becomes of five requests: delivered, retried and dead.
    @Test(arguments: [(200, [5, 0, 0]), (503, [0, 10, 5])] as [(Int, [Int64])])
    func isRecordedWhenAllElseHasStopped(_ status: Int, _ counts: [Int64]) async throws {
        try await withSink(.status(status)) { sink, _ in
            try await withDatabase { database in
                let gateway = try await Gateway(database, to: sink) { $0.retry.maxAttempts = 3 }
                try await gateway.run {
                    _ = try await gateway.store(5)
                    try await eventually(within: .seconds(30)) { try await gateway.unfinished() == 0 }
                    #expect(try await gateway.count("traffic") == 0)
                }
                let reader = StatisticsReader(database.client(statements: StatisticsReader.statements))
                for (tenant, shard) in [(gateway.key.tenant, gateway.key.shard), (nil, nil)] as [(TenantID?, Int16?)] {
                    let minutes = try await reader.traffic(of: tenant, shard: shard, minutes: 10)
                    #expect(minutes.reduce(0) { $0 + $1.accepted } == 5)
                    #expect(minutes.reduce(0) { $0 + $1.delivered } == counts[0])
                    #expect(minutes.reduce(0) { $0 + $1.retried } == counts[1])
                    #expect(minutes.reduce(0) { $0 + $1.dead } == counts[2])
                    #expect(minutes.allSatisfy { $0.other == 0 })
                }
            }
        }
    }
}

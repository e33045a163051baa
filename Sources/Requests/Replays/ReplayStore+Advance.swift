package import Model
import Postgres
import SQL

extension ReplayStore {
    /// Takes every replay that runs forward, as far as its rate allows. Each step is a transaction of its own: a leader
    /// that dies between two has lost nothing, and the next goes on where it stood.
    package func advance(_ node: Node) async throws {
        for row in try await client.query(SQL["replays.running"], Parameters(node.shards, Self.replaysPerTurn)) {
            let (shard, tenant) = (try row.decode(0, as: Int16.self), TenantID(try row.decode(1)))
            let id = ReplayID(try row.decode(2))
            for _ in 0..<Self.stepsPerTurn {
                guard try await step(id, tenant: tenant, shard: shard) != nil else { break }
            }
        }
    }

    /// Returns how many dead letters it has replayed; nil where there is nothing to do now.
    package func step(
        _ id: ReplayID, tenant: TenantID, shard: Int16, rows limit: Int32 = Self.stepRows,
        examine: Int32 = Self.stepExamined
    ) async throws -> Int? {
        let rows = try await client.execute(
            SQL["replays.advance"], Parameters(shard, tenant.uuid, id.uuid, limit, examine))
        guard let lanes = try rows.first?.decode(0, as: [Int64]?.self) else { return nil }
        if !lanes.isEmpty {
            try await DeliveryStore(client).arm(Set(lanes).map { LaneID(shard: shard, number: $0) })
        }
        return lanes.count
    }
}

import Model
import Postgres
import Requests
import Tenants

extension Site {
    func ordered(_ lanes: Int32, _ name: String = "d", of tenant: TenantID? = nil) async throws -> Destination {
        try await destination(name, of: tenant) { $0.orderedLanes = lanes }
    }

    /// Stores requests one after the other, as a caller does who waits for each answer.
    func addInOrder(
        _ count: Int, to destination: Destination, key: String, expiresAt: Timestamp? = nil
    ) async throws -> [RequestID] {
        var ids: [RequestID] = []
        for _ in 0..<count {
            let request = NewRequest(to: destination, expiresAt: expiresAt, orderedBy: key)
            try await add([request])
            ids.append(request.id)
        }
        return ids
    }

    /// As if the wait before the next attempt were over.
    func endBlocks(of destination: Destination) async throws {
        _ = try await client.execute(
            Statement(
                "UPDATE sluice.lane SET blocked_until = blocked_until - interval '60 s' WHERE blocked_by IS NOT NULL"))
        try await deliveries.arm(destination.lanes)
    }

    /// Claims after the timer has armed what is due.
    func claimDue() async throws -> [Delivery] {
        _ = try await deliveries.armDue(.only)
        return try await claim()
    }
}

extension Destination {
    /// A key for each lane.
    var keys: [String] {
        lanes.compactMap { lane in
            (0...).lazy.map { "key-\($0)" }.first { self.lane(of: .new(), orderedBy: OrderingKey($0)) == lane }
        }
    }
}

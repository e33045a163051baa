package import Model
package import Postgres
import SQL

/// What a tenant does to deliveries of a stored request.
package struct RequestSteering: Sendable {
    package static let statements = [SQL["requests.cancel"], SQL["requests.replay"]]

    private let client: Client

    /// The client must have prepared `statements`.
    package init(_ client: Client) { self.client = client }

    package struct Cancellation: Sendable, Equatable {
        /// Deliveries that waited, and have ended.
        package let cancelled: Int32
        /// Deliveries whose attempt is under way: it goes on, and unless it delivers they end as cancelled.
        package let stopping: Int32

        package init(cancelled: Int32, stopping: Int32) {
            self.cancelled = cancelled
            self.stopping = stopping
        }
    }

    /// nil where the tenant has no such request.
    package func cancel(
        _ id: RequestID, tenant: TenantID, shard: Int16, actor: String
    ) async throws -> Cancellation? {
        let rows = try await client.execute(SQL["requests.cancel"], Parameters(shard, tenant.uuid, id.uuid, actor))
        guard let row = rows.first, let cancelled = try row.decode(0, as: Int32?.self) else { return nil }
        return Cancellation(cancelled: cancelled, stopping: try row.decode(1))
    }

    package enum Replay: Sendable, Equatable {
        /// The deliveries wait again; their lanes must be armed.
        case replayed([LaneID])
        /// None has ended, or there is none to that destination.
        case notEnded
        /// The request's `expires_at` has passed.
        case expired
        case unknown
    }

    /// Begins the request's deliveries that have ended anew.
    ///
    /// - Parameter destination: only those to it. What was sent to a topic and has no delivery to it gets one, in the
    ///   lane.
    package func replay(
        _ id: RequestID, to destination: (id: DestinationID, lane: LaneID)? = nil, tenant: TenantID, shard: Int16,
        actor: String
    ) async throws -> Replay {
        let rows = try await client.execute(
            SQL["requests.replay"],
            Parameters(shard, tenant.uuid, id.uuid, destination?.id.uuid, destination?.lane.number, actor))
        guard let row = rows.first else { return .unknown }
        switch try row.decode(0, as: String.self) {
        case "replayed":
            return .replayed(try row.decode(1, as: [Int64].self).map { LaneID(shard: shard, number: $0) })
        case "not_ended": return .notEnded
        case "expired": return .expired
        default: return .unknown
        }
    }
}

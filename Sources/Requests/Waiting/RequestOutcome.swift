package import Model
package import Postgres
import SQL

/// How a request's first delivery to end ended.
package struct RequestOutcome: Sendable {
    package let destination: String
    /// `delivered`, `dead`, `expired` or `cancelled`.
    package let state: String
    package let attemptClass: String
    package let attempts: Int16
    package let finishedAt: Timestamp
    package let status: Int16?
    package let latencyMicroseconds: Int64
    package let error: String?
    package let responseHead: String?
    package let responseBody: [UInt8]?
}

extension RequestReader {
    /// nil where none of the request's deliveries has ended.
    package func outcome(_ id: RequestID, tenant: TenantID, shard: Int16) async throws -> RequestOutcome? {
        let rows = try await client.query(SQL["requests.outcome"], Parameters(shard, tenant.uuid, id.uuid))
        return try rows.first.map { row in
            RequestOutcome(
                destination: try row.decode(0), state: try row.decode(1), attemptClass: try row.decode(2),
                attempts: try row.decode(3), finishedAt: try row.decode(4), status: try row.decode(5),
                latencyMicroseconds: try row.decode(6), error: try row.decode(7), responseHead: try row.decode(8),
                responseBody: try row.decode(9, as: Bytea?.self)?.bytes)
        }
    }

    /// Waits for the outcome of a request whose waiter has entered: one look when its end is announced, and one when the
    /// time is over. nil: none yet, or the process stops.
    package func outcome(
        _ id: RequestID, tenant: TenantID, shard: Int16, among waiters: OutcomeWaiters, upTo limit: Duration
    ) async throws -> RequestOutcome? {
        let deadline = ContinuousClock.now + limit
        while true {
            await waiters.wait(for: id, upTo: max(.zero, deadline - .now))
            if let outcome = try await outcome(id, tenant: tenant, shard: shard) { return outcome }
            if .now >= deadline || waiters.hasEnded || Task.isCancelled { return nil }
        }
    }
}

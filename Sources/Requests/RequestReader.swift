package import Model
package import Postgres
import SQL

/// A stored request with its deliveries and their attempts, as the API shows it.
package struct RequestRecord: Sendable {
    package struct Attempt: Sendable {
        package let lane: Int64
        package let number: Int16
        package let finishedAt: Timestamp
        package let verdict: String
        package let attemptClass: String
        package let status: Int16?
        package let latencyMicroseconds: Int64
        package let nextDueAt: Timestamp?
        package let error: String?
        package let responseHead: String?
        package let responseBody: [UInt8]?
    }

    package struct Delivery: Sendable {
        package let lane: Int64
        package let destination: String
        package let state: String
        package let attempts: Int16
        package let dueAt: Timestamp?
    }

    package let id: RequestID
    package let method: String
    package let path: String
    package let query: String?
    /// nil: it was sent to one destination.
    package let topic: String?
    package let headers: HeaderLines
    package let bytes: Int32
    package let receivedAt: Timestamp
    package let dueAt: Timestamp
    package let expiresAt: Timestamp?
    /// What flags decided of its routes: a JSON array; nil: no flag took part.
    package let stamps: String?
    package let deliveries: [Delivery]
    package let attempts: [Attempt]
}

/// Looks requests up for their tenant.
package struct RequestReader: Sendable {
    package static let statements = [
        "requests.find", "requests.deliveries", "requests.attempts", "requests.list", "requests.body",
        "requests.outcome",
    ].map { SQL[$0] }

    /// What a replica is asked.
    package static let replicaStatements = [SQL["requests.list"]]

    let client: Client
    let replica: Replica?

    /// - Parameters:
    ///   - client: has prepared `statements`.
    ///   - replica: of lists; its client has prepared `replicaStatements`.
    package init(_ client: Client, replica: Replica? = nil) {
        self.client = client
        self.replica = replica
    }

    /// nil where the tenant has no such request.
    package func find(_ id: RequestID, tenant: TenantID, shard: Int16) async throws -> RequestRecord? {
        let key = Parameters(shard, tenant.uuid, id.uuid)
        async let deliveries = client.query(SQL["requests.deliveries"], key)
        async let attempts = client.query(SQL["requests.attempts"], key)
        guard let row = try await client.query(SQL["requests.find"], key).first else { return nil }
        return RequestRecord(
            id: id, method: try row.decode(0), path: try row.decode(1), query: try row.decode(2),
            topic: try row.decode(3), headers: HeaderLines(text: try row.decode(4)), bytes: try row.decode(5),
            receivedAt: try row.decode(6), dueAt: try row.decode(7), expiresAt: try row.decode(8),
            stamps: try row.decode(9),
            deliveries: try await deliveries.map(Self.delivery),
            attempts: try await attempts.map(Self.attempt))
    }

    private static func delivery(_ row: Row) throws -> RequestRecord.Delivery {
        RequestRecord.Delivery(
            lane: try row.decode(0), destination: try row.decode(1), state: try row.decode(2),
            attempts: try row.decode(3),
            dueAt: try row.decode(4))
    }

    private static func attempt(_ row: Row) throws -> RequestRecord.Attempt {
        RequestRecord.Attempt(
            lane: try row.decode(0), number: try row.decode(1), finishedAt: try row.decode(2),
            verdict: try row.decode(3),
            attemptClass: try row.decode(4), status: try row.decode(5), latencyMicroseconds: try row.decode(6),
            nextDueAt: try row.decode(7), error: try row.decode(8), responseHead: try row.decode(9),
            responseBody: try row.decode(10, as: Bytea?.self)?.bytes)
    }
}

package import Model
package import Postgres
import SQL

/// A request as a list has it: without headers and body, its deliveries with their last attempts only.
package struct RequestSummary: Sendable {
    package struct Delivery: Sendable {
        package let destination: String
        package let state: String
        package let attempts: Int16
        package let lastAttemptAt: Timestamp?
        package let lastClass: String?
        package let lastStatus: Int16?
    }

    package let id: RequestID
    package let method: String
    package let path: String
    package let query: String?
    package let topic: String?
    package let bytes: Int32
    package let receivedAt: Timestamp
    package let dueAt: Timestamp
    package let expiresAt: Timestamp?
    package let deliveries: [Delivery]

    /// No route fitted its topic.
    package let isUnrouted: Bool
}

extension RequestReader {
    /// A page of the tenant's requests, newest first, of those before `cursor` or all.
    package func list(
        _ filter: RequestFilter, before cursor: RequestID?, limit: Int, tenant: TenantID, shard: Int16
    ) async throws -> ListPage<RequestSummary, RequestID> {
        let (from, before) = filter.range(before: cursor)
        let rows = try await client.query(
            SQL["requests.list"],
            Parameters(
                shard, tenant.uuid, from, before, filter.destination?.uuid, filter.topic,
                filter.states.isEmpty ? nil : filter.states.map(\.rawValue), filter.statusClass, filter.attemptClass,
                Int32(limit + 1), ListBounds.examined), preferring: replica)
        var (items, examined): ([RequestSummary], RequestID?) = ([], nil)
        for row in rows {
            if let last = try row.decode(16, as: Optional.self).map(RequestID.init) {
                examined = last
            } else {
                items.append(try RequestSummary(row))
            }
        }
        return ListPage(items, limit: limit, examined: examined, position: \.id)
    }
}

extension RequestSummary {
    fileprivate init(_ row: Row) throws {
        let destinations = try row.decode(9, as: [String]?.self) ?? []
        let states = try row.decode(10, as: [String]?.self) ?? []
        let attempts = try row.decode(11, as: [Int16]?.self) ?? []
        let times = try row.decode(12, as: [Timestamp?]?.self) ?? []
        let classes = try row.decode(13, as: [String?]?.self) ?? []
        let statuses = try row.decode(14, as: [Int16?]?.self) ?? []
        self.init(
            id: RequestID(try row.decode(0)), method: try row.decode(1), path: try row.decode(2),
            query: try row.decode(3), topic: try row.decode(4), bytes: try row.decode(5), receivedAt: try row.decode(6),
            dueAt: try row.decode(7), expiresAt: try row.decode(8),
            deliveries: destinations.indices.map { place in
                Delivery(
                    destination: destinations[place], state: states[place], attempts: attempts[place],
                    lastAttemptAt: times[place], lastClass: classes[place], lastStatus: statuses[place])
            }, isUnrouted: try row.decode(15))
    }
}

package import Model
package import Postgres

/// An owner of everything else, as operators see it.
package struct Tenant: Sendable, Hashable {
    package let id: TenantID
    package let name: String
    package let shard: Int16
    package var state: TenantState
    package var stateSince: Timestamp
    package let createdAt: Timestamp
    package var quotas: Quotas

    package init(
        id: TenantID, name: String, shard: Int16, state: TenantState = .active,
        stateSince: Timestamp = Timestamp(microseconds: 0), createdAt: Timestamp = Timestamp(microseconds: 0),
        quotas: Quotas = Quotas()
    ) {
        self.id = id
        self.name = name
        self.shard = shard
        self.state = state
        self.stateSince = stateSince
        self.createdAt = createdAt
        self.quotas = quotas
    }
}

package enum TenantState: String, Sendable, CaseIterable {
    case active
    /// Keeps what it has; nothing is served or delivered.
    case suspended
    /// What it has is being removed.
    case deleting
}

/// What a tenant may take; nil is the gateway's limit, or none. The database checks the ranges given here.
package struct Quotas: Sendable, Hashable {
    /// Requests a second that are taken on; 0.001 to 1,000,000.
    package var ingestRate: Double?
    /// Requests that are taken on at once after a quiet time, where there is a rate; 1 to 10,000,000. By default those
    /// of a second.
    package var ingestBurst: Int32?
    /// Deliveries that wait, are scheduled or held; 1 to a billion.
    package var maxWaiting: Int64?
    /// Attempts under way, over all destinations and workers; 1 to 100,000.
    package var maxInFlight: Int32?
    /// Bytes of a body, where that is less than the gateway's limit; 0 to 64 MiB.
    package var maxBodyBytes: Int32?

    package init() {}

    /// What some of them become, by name; nil takes a quota away. Of the values in `ranges` only.
    package typealias Change = [String: Double?]

    /// By the names that the API and the commands give them.
    package static let ranges: [String: ClosedRange<Double>] = [
        "ingest_rate": 0.001...1_000_000, "ingest_burst": 1...10_000_000, "max_waiting": 1...1_000_000_000,
        "max_in_flight": 1...100_000, "max_body_bytes": 0...67_108_864,
    ]
}

extension Tenant {
    /// Of a row of `tenants.find`, `tenants.list`, `tenants.all` or `tenants.changed`.
    init(_ row: Row) throws {
        let state: String = try row.decode(3)
        self.init(
            id: TenantID(try row.decode(0)), name: try row.decode(1), shard: try row.decode(2),
            // A state of a later version is one in which nothing is served.
            state: TenantState(rawValue: state) ?? .suspended, stateSince: try row.decode(4),
            createdAt: try row.decode(5))
        quotas.ingestRate = try row.decode(6)
        quotas.ingestBurst = try row.decode(7)
        quotas.maxWaiting = try row.decode(8)
        quotas.maxInFlight = try row.decode(9)
        quotas.maxBodyBytes = try row.decode(10)
    }
}

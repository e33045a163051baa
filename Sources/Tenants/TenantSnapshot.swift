package import Model
package import Postgres

/// Who shows a valid key.
package struct Caller: Sendable {
    package let tenant: TenantID
    package let shard: Int16
    package let key: KeyID
    package let expiresAt: Timestamp?
}

/// The configuration at one moment, so that no request needs a statement to find out who sends it and where it goes.
package struct TenantSnapshot: Sendable {
    package let version: Int64
    private let callers: [APIKeyHash: Caller]
    private let byName: [Name: Destination]
    private let byLane: [LaneID: Destination]
    private let byID: [DestinationID: Destination]

    private struct Name: Hashable {
        let tenant: TenantID
        let name: Substring
    }

    package init(
        version: Int64 = 0, keys: [(APIKeyHash, Caller)] = [], destinations: [Destination] = []
    ) {
        self.version = version
        callers = Dictionary(keys) { first, _ in first }
        byLane = Dictionary(destinations.map { ($0.lane, $0) }) { first, _ in first }
        byID = Dictionary(destinations.map { ($0.id, $0) }) { first, _ in first }
        byName = Dictionary(
            destinations.map { (Name(tenant: $0.tenant, name: $0.settings.name[...]), $0) }
        ) { first, _ in first }
    }

    /// nil for a key that is unknown, revoked or expired.
    package func caller(_ hash: APIKeyHash, now: Timestamp) -> Caller? {
        guard let caller = callers[hash] else { return nil }
        if let expiry = caller.expiresAt, expiry <= now { return nil }
        return caller
    }

    package func destination(named name: Substring, of tenant: TenantID) -> Destination? {
        byName[Name(tenant: tenant, name: name)]
    }

    package func destination(_ lane: LaneID) -> Destination? { byLane[lane] }

    package func destination(_ id: DestinationID) -> Destination? { byID[id] }
}

package import Model
package import Postgres

/// A request on its way into storage.
package struct NewRequest: Sendable {
    package let id: RequestID
    package let tenant: TenantID
    package let destination: DestinationID
    package let lane: LaneID
    package let method: String
    /// Percent-encoded as it came; empty, or begins with a slash.
    package let path: String
    package let query: String?
    package let headers: HeaderLines
    package let body: [UInt8]
    /// nil: due now, by the database's clock.
    package var dueAt: Timestamp?
    package var expiresAt: Timestamp?
    package var idempotency: Idempotency?
    /// A caller waits for the outcome: who records it says so to all processes.
    package var isAwaited = false

    package init(
        id: RequestID, tenant: TenantID, destination: DestinationID, lane: LaneID, method: String, path: String,
        query: String?, headers: HeaderLines, body: [UInt8], dueAt: Timestamp? = nil, expiresAt: Timestamp? = nil,
        idempotency: Idempotency? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.destination = destination
        self.lane = lane
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.dueAt = dueAt
        self.expiresAt = expiresAt
        self.idempotency = idempotency
    }

    /// What it weighs in a batch: the body, the head, and about what a row costs besides.
    var bytes: Int { body.count + headers.text.utf8.count + path.utf8.count + 256 }
}

/// A tenant's Idempotency-Key and what it was used for, both as 16 bytes of a SHA-256.
package struct Idempotency: Sendable, Hashable {
    package let key: [UInt8]
    package let fingerprint: [UInt8]

    package init(key: [UInt8], fingerprint: [UInt8]) {
        self.key = key
        self.fingerprint = fingerprint
    }
}

package enum StoreOutcome: Sendable, Hashable {
    case stored
    /// The key was used before with this payload; nothing was stored again.
    case replayed(RequestID)
    /// The key was used before with another payload; nothing was stored.
    case conflict(RequestID)
}

package import Model
package import Postgres

/// A request on its way into storage.
package struct NewRequest: Sendable {
    package let id: RequestID
    package let tenant: TenantID
    package let addressee: Addressee
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
    /// What flags decided of its routes: a JSON array, as the column `stamps` has it; nil: no flag took part.
    package var stamps: String?

    package init(
        id: RequestID, tenant: TenantID, addressee: Addressee, method: String, path: String,
        query: String?, headers: HeaderLines, body: [UInt8], dueAt: Timestamp? = nil, expiresAt: Timestamp? = nil,
        idempotency: Idempotency? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.addressee = addressee
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
    var bytes: Int {
        let ready = if case .topic(_, _, let lanes) = addressee { lanes.count * 64 } else { 0 }
        return body.count + headers.text.utf8.count + path.utf8.count + 256 + ready
    }
}

/// Whom a request is for.
package enum Addressee: Sendable, Hashable {
    /// One destination.
    case destination(DestinationID, lane: LaneID)
    /// Whoever the tenant's routes led to: at most `fanOutLimit` lanes, of different destinations, all of the shard.
    case topic(String, shard: Int16, lanes: [LaneID])

    /// Each costs a row in the request's transaction: with more, one request would hold up those that share its commit.
    package static let fanOutLimit = 100

    package var shard: Int16 {
        switch self {
        case .destination(_, let lane): lane.shard
        case .topic(_, let shard, _): shard
        }
    }

    package var lanes: [LaneID] {
        switch self {
        case .destination(_, let lane): [lane]
        case .topic(_, _, let lanes): lanes
        }
    }
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

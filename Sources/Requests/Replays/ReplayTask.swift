package import Model
package import Postgres

/// A replay of many dead letters, and how far it has come.
package struct ReplayTask: Sendable {
    package let id: ReplayID
    /// nil: all.
    package let destination: String?
    package let attemptClass: String?
    package let deadFrom: Timestamp?
    package let deadBefore: Timestamp
    package let ratePerSecond: Double
    /// `running`, `done` or `cancelled`.
    package let state: String
    package let actor: String
    package let createdAt: Timestamp
    package let endedAt: Timestamp?
    /// Dead letters of the tenant that were looked at.
    package let examined: Int64
    package let replayed: Int64
    /// Left dead, for their `expires_at` has passed.
    package let expired: Int64

    init(_ row: Row) throws {
        id = ReplayID(try row.decode(0))
        destination = try row.decode(1)
        attemptClass = try row.decode(2)
        deadFrom = try row.decode(3)
        deadBefore = try row.decode(4)
        ratePerSecond = try row.decode(5)
        state = try row.decode(6)
        actor = try row.decode(7)
        createdAt = try row.decode(8)
        endedAt = try row.decode(9)
        examined = try row.decode(10)
        replayed = try row.decode(11)
        expired = try row.decode(12)
    }
}

package import Model
package import Postgres

/// Which of a tenant's dead letters are meant.
package struct DeadLetterFilter: Sendable {
    package var destination: DestinationID?
    /// Of the last attempt.
    package var attemptClass: String?
    package var deadFrom: Timestamp?
    package var deadBefore: Timestamp?

    package init() {}
}

/// A delivery that used up its attempts or was refused for good.
package struct DeadLetter: Sendable {
    /// Where it stands among a tenant's dead letters.
    package struct Position: Sendable, Hashable {
        package let request: RequestID
        package let lane: Int64

        package init(request: RequestID, lane: Int64) {
            self.request = request
            self.lane = lane
        }
    }

    package let position: Position
    package let destination: String
    package let deadAt: Timestamp
    package let attempts: Int16
    package let attemptClass: String
    package let bytes: Int32
    package let method: String
    package let path: String
    package let query: String?
    package let receivedAt: Timestamp
    package let expiresAt: Timestamp?
    package let status: Int16?
    package let error: String?

    init(_ row: Row) throws {
        position = Position(request: RequestID(try row.decode(0)), lane: try row.decode(1))
        destination = try row.decode(2)
        deadAt = try row.decode(3)
        attempts = try row.decode(4)
        attemptClass = try row.decode(5)
        bytes = try row.decode(6)
        method = try row.decode(7)
        path = try row.decode(8)
        query = try row.decode(9)
        receivedAt = try row.decode(10)
        expiresAt = try row.decode(11)
        status = try row.decode(12)
        error = try row.decode(13)
    }
}

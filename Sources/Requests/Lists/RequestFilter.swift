import FoundationEssentials
package import Model
package import Postgres

/// Which of a tenant's requests a list has: those with a delivery that fits all of it.
package struct RequestFilter: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case waiting, scheduled, held, delivered, dead, cancelled, expired
        case inFlight = "in_flight"
        /// Of the request: it has no delivery.
        case unrouted
    }

    /// By the time in their ids, which is when the gateway took them in, to the millisecond.
    package var receivedFrom: Timestamp?
    package var receivedBefore: Timestamp?
    package var destination: DestinationID?
    package var topic: String?
    /// Any of these; empty: all.
    package var states: [State] = []
    /// First digit of the last attempt's status; 0: no response came.
    package var statusClass: Int16?
    /// Of the last attempt.
    package var attemptClass: String?

    package init() {}

    /// Ids of the time range: from the first up to, and without, the second.
    func range(before cursor: RequestID?) -> (from: UUID, before: UUID) {
        let end = receivedBefore.map(UUID.init(firstAt:)) ?? UUID(high: .max, low: .max)
        let before = cursor.map { min($0.uuid, end) } ?? end
        return (receivedFrom.map(UUID.init(firstAt:)) ?? UUID(high: 0, low: 0), before)
    }
}

extension UUID {
    /// The smallest UUIDv7 of the first millisecond that begins at the time or later.
    init(firstAt time: Timestamp) {
        let milliseconds = max(0, time.microseconds).dividedRoundingUp(by: 1_000)
        self.init(high: min(UInt64(milliseconds), (1 << 48) - 1) << 16, low: 0)
    }
}

extension Int64 {
    fileprivate func dividedRoundingUp(by divisor: Int64) -> Int64 {
        self / divisor + (self % divisor > 0 ? 1 : 0)
    }
}

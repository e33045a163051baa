package import Postgres

/// What was stored in a minute, and how attempts ended in it.
package struct TrafficMinute: Sendable, Equatable {
    /// Its first moment.
    package let minute: Timestamp
    /// Requests, whatever number of deliveries each has.
    package let accepted: Int64
    /// Attempts by workers, by their verdict.
    package let delivered, retried, dead: Int64
    /// Attempts of deliveries that had expired or were cancelled.
    package let other: Int64
}

package import Model
package import Postgres

/// A sample of what waits, and of the circuits that it waits behind.
package struct Depth: Sendable, Equatable {
    /// Of a sum: when the oldest of its samples was taken.
    package let takenAt: Timestamp
    /// Deliveries that are due or scheduled, held ones too.
    package let waiting: Int64
    /// Those of them behind a closed gate.
    package let held: Int64
    /// `waiting`, `held` or `dead` was too much to be counted, and a part of it is PostgreSQL's estimate.
    package let isEstimate: Bool
    /// Attempts under way.
    package let inFlight: Int64
    /// Dead letters.
    package let dead: Int64
    /// When the first of what waits is, or was, due; exact. nil: nothing waits.
    package let oldestDueAt: Timestamp?
    package let destinations: Int64
    /// Circuits by state.
    package let closed, open, halfOpen, ramping: Int64
    /// Circuits that an operator holds open.
    package let paused: Int64
    /// Circuits that an operator keeps closed.
    package let forced: Int64
}

package struct TenantDepth: Sendable, Equatable {
    package let tenant: TenantID
    package let shard: Int16
    package let name: String
    package let depth: Depth
}

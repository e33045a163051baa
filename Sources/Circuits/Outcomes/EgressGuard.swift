package import Model
package import Postgres

/// Tells a worker that its own network, not its destinations, is the trouble: it then stops claiming and tests it, and
/// no circuit is touched.
package struct EgressGuard: Sendable {
    private struct Last {
        var answered: Timestamp?
        var failed: Timestamp?
    }

    package static let window = Duration.seconds(30)
    /// With fewer destinations failing, a shared host of theirs is the likelier cause.
    package static let leastFailing = 20

    private var destinations: [DestinationID: Last] = [:]

    package init() {}

    package mutating func record(_ signal: CircuitSignal, of destination: DestinationID, at now: Timestamp) {
        guard signal.kind != .ignored else { return }
        let last = signal.provesEgress ? \Last.answered : \Last.failed
        destinations[destination, default: Last()][keyPath: last] = now
    }

    /// Whether at least half of the destinations that were active in the window gave failures alone. Forgets what is
    /// older, so call it at each flush.
    package mutating func isTripped(at now: Timestamp) -> Bool {
        func isRecent(_ time: Timestamp?) -> Bool { time.map { now - $0 < Self.window } ?? false }
        destinations = destinations.filter { isRecent($0.value.answered) || isRecent($0.value.failed) }
        let failing = destinations.values.count { !isRecent($0.answered) }
        return failing >= Self.leastFailing && 2 * failing >= destinations.count
    }

    /// The network was tested and works.
    package mutating func reset() { destinations = [:] }
}

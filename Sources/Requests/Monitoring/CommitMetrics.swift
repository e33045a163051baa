import CoreMetrics
import Telemetry

/// What is measured of one kind of group commit.
struct CommitMetrics: Sendable {
    static let requests = CommitMetrics("requests")
    static let outcomes = CommitMetrics("outcomes")

    private let duration: CoreMetrics.Timer
    private let items: Recorder

    private init(_ batch: String) {
        duration = Timer(.commit, batch)
        items = Recorder(.commitItems, batch)
    }

    func committed(_ count: Int, since start: ContinuousClock.Instant) {
        duration.record(since: start)
        items.record(count)
    }
}

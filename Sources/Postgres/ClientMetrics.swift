import CoreMetrics
import Telemetry

/// What is measured of a client's connections.
struct ClientMetrics {
    private let wait: CoreMetrics.Timer
    private let connections: Meter
    private let disconnects: Counter

    /// - Parameter purpose: what the client is named by.
    init(_ purpose: String) {
        wait = Timer(.databaseWait, purpose)
        connections = Meter(.databaseConnections, purpose)
        disconnects = Counter(.databaseDisconnects, purpose)
    }

    func sent(_ submission: Submission, at now: ContinuousClock.Instant) {
        wait.record(max(.zero, now - submission.queuedAt))
    }

    func connected(_ ready: Int) { connections.set(ready) }

    func disconnected(_ ready: Int) {
        connections.set(ready)
        disconnects.increment()
    }
}

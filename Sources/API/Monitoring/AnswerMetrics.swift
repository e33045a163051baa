import CoreMetrics
import HTTPTypes
import Telemetry

/// How often a route was answered, by class of status. Made with the route, so that nothing is looked up at an answer.
struct AnswerMetrics: Sendable {
    private let good: Counter
    private let refused: Counter
    private let failed: Counter
    /// Of routes that store.
    private let latency: CoreMetrics.Timer?

    /// - Parameter door: what a route that stores is called; its latency is measured, of what it accepts.
    init(_ method: String, _ path: String, door: String? = nil) {
        let route = "\(method) \(path)"
        good = Counter(.answers, route, "2xx")
        refused = Counter(.answers, route, "4xx")
        failed = Counter(.answers, route, "5xx")
        latency = door.map { Timer(.ingest, $0) }
    }

    /// - Parameter start: when the request's head had come.
    func answered(_ head: HTTPResponse, since start: ContinuousClock.Instant) {
        switch head.status.kind {
        case .serverError: failed.increment()
        case .clientError: refused.increment()
        // Also those who have it already (304).
        default: good.increment()
        }
        // Who asked to wait for an outcome has waited for it.
        if let latency, head.status == .accepted, head.headerFields[.preferenceApplied] == nil {
            latency.record(since: start)
        }
    }
}

/// The life of one connection, as a pure machine: events in, one action out. The loop does what it says.
///
///     disconnected ──start/retryDue──▶ connecting ──connected──▶ preparing ──prepared──▶ ready
///          ▲                               │                         │                    │
///          └──────────── failed (back-off grows until a connection is ready) ─────────────┘
///     any ──close──▶ closed
struct ConnectionState: Sendable, Equatable {
    enum Phase: Sendable, Equatable {
        case disconnected, connecting, preparing, ready, closed
    }

    enum Event: Sendable, Equatable {
        case start, connected, prepared, failed, retryDue, close
    }

    enum Action: Sendable, Equatable {
        case none
        /// Begin the `attempt`th try (0, 1, ...) since a connection was last ready.
        case connect(attempt: Int)
        /// Send the session's settings and prepare its statements.
        case prepare
        /// Statements may be sent.
        case serve
        /// Drop the socket, fail what was under way, and send `retryDue` after this time.
        case retry(after: Duration)
        /// Drop the socket and fail what was under way, for good.
        case finish
    }

    /// A restarted server takes connections again within a second or two, so waiting longer only adds latency; the
    /// jitter keeps the connections of a fleet apart.
    static let baseDelay = Duration.milliseconds(50)
    static let maximumDelay = Duration.seconds(1)

    private(set) var phase = Phase.disconnected
    private(set) var failures = 0

    /// `jitter` is in 0..<1.
    mutating func handle(_ event: Event, jitter: Double = 0.5) -> Action {
        switch (phase, event) {
        case (.closed, _):
            return .none
        case (_, .close):
            phase = .closed
            return .finish
        case (.disconnected, .start), (.disconnected, .retryDue):
            phase = .connecting
            return .connect(attempt: failures)
        case (.connecting, .connected):
            phase = .preparing
            return .prepare
        case (.preparing, .prepared):
            phase = .ready
            failures = 0
            return .serve
        case (.connecting, .failed), (.preparing, .failed), (.ready, .failed):
            phase = .disconnected
            let delay = Self.delay(failures: failures, jitter: jitter)
            failures += 1
            return .retry(after: delay)
        default:
            return .none
        }
    }

    /// 50 ms · 2ⁿ up to a second, of which the jitter takes up to half.
    static func delay(failures: Int, jitter: Double) -> Duration {
        let full = min(maximumDelay, baseDelay * (1 << min(failures, 10)))
        return full * (1 - jitter / 2)
    }
}

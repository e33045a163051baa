/// What an attempt means for its delivery.
package enum Verdict: String, Sendable, CaseIterable {
    case delivered, retry, dead, expired, cancelled
    /// Handed back unsent: no attempt is spent or logged.
    case returned

    package var isFinal: Bool { self != .retry && self != .returned }
}

/// What happened in an attempt.
package enum AttemptClass: String, Sendable, CaseIterable {
    /// 2xx.
    case delivered
    /// 3xx: redirects are not followed.
    case redirected
    /// 4xx that a repetition won't change.
    case rejected
    /// 408 and 425.
    case transient
    /// 429 and 529: the destination asks for less.
    case throttled
    /// 500.
    case serverError = "server_error"
    /// 502, 503, 504, 507, 511 and 520 to 527.
    case unavailable
    /// 501, 505, 506, 508 and 510: about this request, and a repetition won't change it.
    case unsupported
    case nameNotFound = "name_not_found"
    case resolverFailed = "resolver_failed"
    case connectRefused = "connect_refused"
    case connectTimeout = "connect_timeout"
    case connectFailed = "connect_failed"
    case tls
    /// The egress rules forbid the destination's address.
    case blocked = "blocked_address"
    /// The token endpoint gave no token, or the destination's secrets can't be read.
    case noCredentials = "no_credentials"
    /// The connection broke before the response was whole.
    case reset
    /// No whole response within the destination's time-out.
    case timeout
    /// The answer was not HTTP.
    case malformed
    /// The lease ended without a report: the worker died or was cut off.
    case lost
    case expired
    case cancelled
    /// The worker stopped before it sent the request.
    case returned
    /// The stored request can't be sent: its destination's URL or its own head is not usable.
    case unsendable

    /// The class of a response that came whole, by its status.
    package init(status: Int) {
        self =
            switch status {
            case 200..<300: .delivered
            case 300..<400: .redirected
            case 408, 425: .transient
            case 429, 529: .throttled
            case 501, 505, 506, 508, 510: .unsupported
            case 502, 503, 504, 507, 511, 520...527: .unavailable
            case 500..<600: .serverError
            default: .rejected
            }
    }

    /// Whether the same request may be delivered by another attempt.
    package var isRetryable: Bool {
        switch self {
        case .transient, .throttled, .serverError, .unavailable, .nameNotFound, .resolverFailed, .connectRefused,
            .connectTimeout, .connectFailed, .tls, .blocked, .noCredentials, .reset, .timeout, .malformed, .lost:
            true
        case .delivered, .redirected, .rejected, .unsupported, .expired, .cancelled, .returned, .unsendable:
            false
        }
    }
}

package import Model

extension CircuitSignal {
    /// - Parameters:
    ///   - latency: how long the attempt took.
    ///   - slowAfter: what makes an answer slow; nil: nothing.
    ///   - retryAfter: as the response asked; it matters to 429, 529 and the failures with an answer.
    package init(
        _ attempt: AttemptClass, latency: Duration = .zero, slowAfter: Duration? = nil, retryAfter: Duration? = nil
    ) {
        let kind = Kind(attempt)
        let isLate = slowAfter.map { latency > $0 } ?? false
        switch kind {
        case .ok: self.init(kind, isSlow: isLate)
        case .failure(let failure):
            self.init(kind, isSlow: failure == .broken || isLate, retryAfter: retryAfter)
        case .pushback: self.init(kind, retryAfter: retryAfter)
        case .ignored: self.init(kind)
        }
    }
}

extension CircuitSignal.Kind {
    init(_ attempt: AttemptClass) {
        self =
            switch attempt {
            case .delivered, .redirected, .rejected, .transient, .unsupported: .ok
            case .throttled: .pushback
            case .serverError: .failure(.serverError)
            case .unavailable: .failure(.answered)
            case .connectRefused, .connectTimeout, .connectFailed: .failure(.hard)
            case .nameNotFound, .tls, .noCredentials: .failure(.lasting)
            case .resolverFailed: .failure(.unresolved)
            case .reset, .timeout, .malformed: .failure(.broken)
            case .lost, .expired, .cancelled, .returned, .unsendable, .blocked: .ignored
            }
    }
}

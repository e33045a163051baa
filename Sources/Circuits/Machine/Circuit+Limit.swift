import Postgres

extension Circuit {
    /// Successes of a ramp that may close the circuit once the backlog is gone.
    static let successesToClose = 20

    mutating func tick(_ sample: LimitSample, _ turn: inout Turn) {
        guard mode == .auto, limit != nil else { return }
        let maximum = Double(maximum(turn.policy))
        let tick = limit?.tick(sample, maximum: maximum, at: turn.now)
        switch state {
        case .open, .halfOpen: return
        case .closed: if let value = limit?.value, value >= maximum { limit = nil }
        case .ramping:
            guard let reason = closingReason(sample, after: tick, turn) else { return }
            var evidence = CircuitEvent.Evidence()
            evidence.ok = sample.completed.ok
            evidence.fail = sample.completed.fail
            evidence.limit = limit.map { Int($0.value) }
            close(reason, evidence, &turn)
        }
    }

    private func closingReason(_ sample: LimitSample, after tick: DispatchLimit.Tick?, _ turn: Turn) -> Reason? {
        if let tick, tick != .decreased, let value = limit?.value, value >= target(turn.policy) { return .ramped }
        guard sample.backlogIsEmpty else { return nil }
        if sample.completed.ok >= Self.successesToClose { return .drained }
        // With little traffic there are never that many.
        let isQuiet = sample.completed.fail == 0 && turn.now - stateSince >= turn.policy.forgiveAfter
        return isQuiet ? .quiet : nil
    }

    mutating func pushBack(_ count: Int, retryAfter: Duration?, _ turn: inout Turn) {
        throttle(retryAfter, &turn)
        guard mode == .auto, state == .closed || state == .ramping else { return }
        if limit == nil {
            let maximum = Double(maximum(turn.policy))
            limit = DispatchLimit(value: maximum, threshold: maximum, changedAt: turn.now)
            limit?.decrease(by: 0.5)
        } else {
            limit?.pushBack(count, at: turn.now)
        }
    }

    mutating func throttle(_ retryAfter: Duration?, _ turn: inout Turn) {
        let pause = min(retryAfter ?? turn.policy.pushbackWait, turn.policy.retryAfterCap)
        throttledUntil = max(throttledUntil ?? turn.now, turn.now + pause)
    }
}

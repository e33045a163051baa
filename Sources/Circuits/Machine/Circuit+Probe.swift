import Model
import Postgres

extension Circuit {
    /// Failed probes beside a health check that is up before the check is doubted.
    package static let canariesToDoubt = 3

    mutating func grantProbe(to worker: WorkerID, _ turn: inout Turn) {
        if let refusal = probeRefusal(turn) { return turn.effects.append(.refuse(refusal)) }
        if state == .open {
            retryAt = turn.now
            enter(.halfOpen, .probing, .init(), &turn)
        }
        turn.effects.append(.grant(probes.grant(to: worker, until: turn.now + turn.policy.leaseDuration)))
    }

    private func probeRefusal(_ turn: Turn) -> Refusal? {
        if mode != .auto { return .mode }
        if state == .closed || state == .ramping { return .notOpen }
        if let until = throttledUntil, turn.now < until { return .throttled }
        if state == .open { return turn.now < retryAt ?? turn.now ? .notDue : nil }
        return probes.hasRoom(turn.policy) ? nil : .busy
    }

    mutating func finishProbe(_ token: Int64, _ signal: CircuitSignal, request: RequestID?, _ turn: inout Turn) {
        guard probes.giveBack(token) else { return turn.effects.append(.dropStale) }
        switch signal.kind {
        case .ok: succeed(&turn)
        case .failure(.unresolved), .ignored: break
        case .failure(let failure): fail(failure, signal, request: request, &turn)
        case .pushback: throttle(signal.retryAfter, &turn)
        }
    }

    private mutating func succeed(_ turn: inout Turn) {
        probes.ok += 1
        retryAt = turn.now
        guard probes.ok >= turn.policy.probesNeeded else { return }
        failedCanaries = 0
        recover(.probesSucceeded, probes.evidence, &turn)
    }

    private mutating func fail(
        _ failure: CircuitSignal.Failure, _ signal: CircuitSignal, request: RequestID?, _ turn: inout Turn
    ) {
        let policy = turn.policy
        probes.fail += 1
        probes.skipRequest = failure.mayBeTheRequest ? request : nil
        retryAt = turn.now
        if healthIsUp == true { doubtHealth(&turn) }
        let isFirst = probes.ok == 0 && policy.firstProbeDecides
        guard isFirst || probes.fail > policy.probesAllowed - policy.probesNeeded else { return }
        var evidence = probes.evidence
        evidence.cause = failure.rawValue
        open(
            .probesFailed, evidence, isLasting: failure == .lasting,
            notBefore: signal.retryAfter.map { turn.now + min($0, policy.retryAfterCap) }, &turn)
    }

    private mutating func doubtHealth(_ turn: inout Turn) {
        failedCanaries += 1
        if failedCanaries == Self.canariesToDoubt { record(.healthMisleads, probes.evidence, &turn) }
    }
}

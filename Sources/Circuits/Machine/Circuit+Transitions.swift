import Model
import Postgres

extension Circuit {
    mutating func open(
        _ reason: Reason, _ evidence: CircuitEvent.Evidence, isLasting: Bool = false, notBefore: Timestamp? = nil,
        _ turn: inout Turn
    ) {
        let policy = turn.policy
        if state == .closed { forgive(&turn) }
        if state != .halfOpen, flapAlarm.opened(at: turn.now, policy) {
            var alarm = CircuitEvent.Evidence()
            alarm.openings = flapAlarm.openings.count
            record(.flapping, alarm, &turn)
        }
        let wait = policy.wait(
            steps: reopenCount, isLasting: isLasting, isFlapping: flapAlarm.isRaised(at: turn.now, policy),
            jitter: turn.jitter)
        let asked = notBefore.map { min($0, turn.now + policy.retryAfterCap) }
        reopenCount = min(reopenCount + 1, policy.maximumSteps)
        var evidence = evidence
        openGate(reason, until: [turn.now + wait, asked, throttledUntil].compactMap { $0 }.max(), &evidence, &turn)
    }

    /// The operator's way to open: neither a failure of the destination nor a step towards longer waits.
    mutating func hold(until: Timestamp, by actor: String, note: String, _ turn: inout Turn) {
        var evidence = CircuitEvent.Evidence()
        evidence.note = note
        openGate(.held, until: until, &evidence, by: actor, &turn)
    }

    private mutating func openGate(
        _ reason: Reason, until: Timestamp?, _ evidence: inout CircuitEvent.Evidence, by actor: String? = nil,
        _ turn: inout Turn
    ) {
        if state == .closed {
            lastGoodLimit = limit?.value ?? Double(maximum(turn.policy))
            openedAt = turn.now
            alerts = 0
        }
        retryAt = until
        stableSince = nil
        limit = nil
        evidence.waitSeconds = until.map { ($0 - turn.now).seconds }
        enter(.open, reason, evidence, by: actor, &turn)
    }

    /// Out of HALF_OPEN, or past it where a health check may vouch for the destination.
    mutating func recover(_ reason: Reason, _ evidence: CircuitEvent.Evidence, _ turn: inout Turn) {
        probes.skipRequest = nil
        guard turn.policy.ramp else { return close(reason, evidence, &turn) }
        retryAt = nil
        limit = .first(target: target(turn.policy), at: turn.now)
        enter(.ramping, reason, evidence, &turn)
    }

    mutating func close(_ reason: Reason, _ evidence: CircuitEvent.Evidence, _ turn: inout Turn) {
        let target = target(turn.policy)
        retryAt = nil
        openedAt = nil
        stableSince = turn.now
        // Below the maximum it goes on growing, a step a tick.
        limit =
            target < Double(maximum(turn.policy))
            ? DispatchLimit(value: target, threshold: target, changedAt: turn.now) : nil
        enter(.closed, reason, evidence, &turn)
    }

    /// The limit at which a ramp ends.
    func target(_ policy: CircuitPolicy) -> Double {
        min(lastGoodLimit ?? .infinity, Double(maximum(policy)))
    }

    mutating func enter(
        _ next: State, _ reason: Reason, _ evidence: CircuitEvent.Evidence, by actor: String? = nil,
        _ turn: inout Turn
    ) {
        let from = state
        state = next
        self.reason = reason
        if from != next { stateSince = turn.now }
        beginEpoch(&turn)
        record(reason, evidence, from: from, by: actor, &turn)
    }

    mutating func beginEpoch(_ turn: inout Turn) {
        epoch += 1
        probes.restart()
        limit?.seen = .init()
        suspectedSince = nil
        turn.effects.append(.notify)
    }

    func record(
        _ reason: Reason, _ evidence: CircuitEvent.Evidence, from: State? = nil, by actor: String? = nil,
        _ turn: inout Turn
    ) {
        turn.effects.append(
            .record(
                CircuitEvent(
                    epoch: epoch, at: turn.now, from: from ?? state, to: state, mode: mode, reason: reason,
                    actor: actor, evidence: evidence)))
    }

    private mutating func forgive(_ turn: inout Turn) {
        guard let stableSince else { return }
        let steps = max(0, (turn.now - stableSince) / turn.policy.forgiveAfter)
        reopenCount = max(0, reopenCount - Int(min(steps, Double(reopenCount))))
    }
}

import Model
import Postgres

extension Circuit {
    mutating func obey(_ command: Command, by actor: String, note: String, _ turn: inout Turn) {
        switch command {
        case .setMode(let mode, let until): setMode(mode, until: until, .mode, by: actor, note: note, &turn)
        case .hold(let until):
            guard mode == .auto else { return turn.effects.append(.refuse(.mode)) }
            hold(until: until, by: actor, note: note, &turn)
        case .probeNow: probeNow(by: actor, note: note, &turn)
        case .setLimit(let limit):
            ceiling = limit.map { max(1, $0) }
            beginEpoch(&turn)
            record(.limit, evidence(note), by: actor, &turn)
        case .reset: reset(by: actor, note: note, &turn)
        }
    }

    mutating func setMode(
        _ next: Mode, until: Timestamp?, _ reason: Reason, by actor: String?, note: String?, _ turn: inout Turn
    ) {
        let wasForced = mode.isForced
        let from = state
        mode = next
        modeUntil = next == .auto ? nil : until
        modeBy = actor
        modeReason = note
        if next == .observe {
            forget(&turn)
        } else if wasForced, state == .open || state == .halfOpen {
            retryAt = turn.now
        }
        if state == .closed { stableSince = turn.now }
        beginEpoch(&turn)
        record(reason, evidence(note), from: from, by: actor, &turn)
    }

    private mutating func probeNow(by actor: String, note: String, _ turn: inout Turn) {
        guard mode == .auto else { return turn.effects.append(.refuse(.mode)) }
        guard state == .open || state == .halfOpen else { return turn.effects.append(.refuse(.notOpen)) }
        guard probes.leases.isEmpty else { return turn.effects.append(.refuse(.busy)) }
        retryAt = turn.now
        throttledUntil = nil
        beginEpoch(&turn)
        record(.probeNow, evidence(note), by: actor, &turn)
    }

    private mutating func reset(by actor: String, note: String, _ turn: inout Turn) {
        let from = state
        mode = .auto
        (modeUntil, modeBy, modeReason) = (nil, nil, nil)
        ceiling = nil
        throttledUntil = nil
        lastGoodLimit = nil
        forget(&turn)
        reason = .reset
        beginEpoch(&turn)
        record(.reset, evidence(note), from: from, by: actor, &turn)
    }

    /// CLOSED, with a clean opinion. What the health check said last stays true.
    private mutating func forget(_ turn: inout Turn) {
        if state != .closed {
            state = .closed
            stateSince = turn.now
            reason = .mode
        }
        (openedAt, retryAt, limit, wouldOpenAt) = (nil, nil, nil, nil)
        (reopenCount, alerts, failedCanaries) = (0, 0, 0)
        stableSince = turn.now
        flapAlarm = FlapAlarm()
        probes.skipRequest = nil
    }

    private func evidence(_ note: String?) -> CircuitEvent.Evidence {
        var evidence = CircuitEvent.Evidence()
        evidence.note = note
        evidence.limit = ceiling
        return evidence
    }
}

import Model
import Postgres

extension Circuit {
    mutating func evaluate(_ sums: WindowSums, _ turn: inout Turn) {
        guard mode == .auto || mode == .observe, state == .closed || state == .ramping else { return }
        let policy = turn.policy
        guard let reason = sums.trip(policy, isRamping: state == .ramping) else {
            suspectedSince = nil
            return
        }
        var evidence = CircuitEvent.Evidence(sums, policy)
        guard let suspect = sums.suspect(policy, for: reason) else {
            return trip(reason, evidence, sums, &turn)
        }
        evidence.suspect = suspect.description
        if let since = suspectedSince, turn.now - since < policy.alibiTime + policy.window {
            if turn.now - since >= policy.alibiTime { trip(.partial, evidence, sums, &turn) }
        } else {
            suspectedSince = turn.now
            evidence.cause = reason.rawValue
            record(.workerSuspect, evidence, &turn)
        }
    }

    private mutating func trip(
        _ reason: Reason, _ evidence: CircuitEvent.Evidence, _ sums: WindowSums, _ turn: inout Turn
    ) {
        guard mode == .auto else { return tellWouldOpen(reason, evidence, &turn) }
        open(reason, evidence, isLasting: sums.isLasting(turn.policy), notBefore: sums.notBefore, &turn)
    }

    /// Once a window: the failures that it saw are the same until then.
    mutating func tellWouldOpen(_ reason: Reason, _ evidence: CircuitEvent.Evidence, _ turn: inout Turn) {
        if let last = wouldOpenAt, turn.now - last < turn.policy.window { return }
        wouldOpenAt = turn.now
        var evidence = evidence
        evidence.cause = reason.rawValue
        record(.wouldOpen, evidence, &turn)
    }
}

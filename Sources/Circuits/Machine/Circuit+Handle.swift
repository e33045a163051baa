package import Postgres

extension Circuit {
    /// One handling of an input.
    struct Turn {
        let now: Timestamp
        let policy: CircuitPolicy
        let jitter: Double
        var effects: [Effect] = []
    }

    /// Ages of an outage that are announced: nothing is ever disabled by itself, so somebody has to be told.
    package static let alertAges: [Duration] = [.seconds(15 * 60), .seconds(4 * 3600), .seconds(24 * 3600)]

    /// - Parameters:
    ///   - now: the database's clock, read after the row was locked.
    ///   - jitter: in 0..<1.
    package mutating func handle(
        _ input: Input, at now: Timestamp, policy: CircuitPolicy, jitter: Double
    ) -> [Effect] {
        var turn = Turn(now: now, policy: policy, jitter: jitter)
        let before = gate
        followClock(now)
        letTimePass(&turn)
        switch input {
        case .evaluate(let sums, let epoch): ifCurrent(epoch, &turn) { $0.evaluate(sums, &$1) }
        case .pushback(let count, let retryAfter, let epoch):
            ifCurrent(epoch, &turn) { $0.pushBack(count, retryAfter: retryAfter, &$1) }
        case .tick(let sample, let epoch): ifCurrent(epoch, &turn) { $0.tick(sample, &$1) }
        case .probeAsked(let worker): grantProbe(to: worker, &turn)
        case .probeFinished(let token, let epoch, let signal, let request):
            ifCurrent(epoch, &turn) { $0.finishProbe(token, signal, request: request, &$1) }
        case .health(let isUp, let policy): reportHealth(isUp: isUp, policy, &turn)
        case .command(let command, let actor, let note): obey(command, by: actor, note: note, &turn)
        case .timer: break
        }
        if gate != before { turn.effects.append(.setGate(gate)) }
        return turn.effects
    }

    /// When time alone changes something, so that a `timer` is due.
    package func nextTimer(_ policy: CircuitPolicy) -> Timestamp? {
        let noVerdict = probes.leases.isEmpty ? verdictDeadline(policy) : nil
        return ([modeUntil, noVerdict, alertAt] + probes.leases.map(\.until)).compactMap { $0 }.min()
    }

    private mutating func letTimePass(_ turn: inout Turn) {
        if let until = modeUntil, turn.now >= until {
            setMode(.auto, until: nil, .modeExpired, by: nil, note: nil, &turn)
        }
        if probes.loseLeases(at: turn.now) { retryAt = turn.now }
        if probes.lost > turn.policy.lostLeases {
            open(.leasesLost, probes.evidence, &turn)
        } else if probes.leases.isEmpty, let deadline = verdictDeadline(turn.policy), turn.now >= deadline {
            open(.noVerdict, probes.evidence, &turn)
        }
        if let due = alertAt, turn.now >= due { tellStillOpen(&turn) }
    }

    private mutating func tellStillOpen(_ turn: inout Turn) {
        guard let openedAt else { return }
        let age = turn.now - openedAt
        alerts = Self.alertAges.count { $0 <= age }
        var evidence = CircuitEvent.Evidence()
        evidence.openSeconds = age.seconds
        record(.stillOpen, evidence, &turn)
    }

    private func verdictDeadline(_ policy: CircuitPolicy) -> Timestamp? {
        mode == .auto && state == .halfOpen ? (retryAt ?? stateSince) + policy.halfOpenLimit : nil
    }

    private var alertAt: Timestamp? {
        guard mode == .auto, state == .open || state == .halfOpen, alerts < Self.alertAges.count, let openedAt
        else { return nil }
        return openedAt + Self.alertAges[alerts]
    }

    private mutating func ifCurrent(_ epoch: Int64, _ turn: inout Turn, _ body: (inout Self, inout Turn) -> Void) {
        if epoch == self.epoch { body(&self, &turn) } else { turn.effects.append(.dropStale) }
    }
}

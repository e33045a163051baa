import Model
import Postgres

extension Replay {
    /// Returns whether the call that it makes is let through.
    mutating func perform(_ action: Scenario.Step.Action, _ step: Scenario.Step) -> Bool? {
        switch action {
        case .call(let signal):
            guard let permit = permits.first(where: isLive) ?? acquire(step.worker) else { return false }
            finish(permit, signal, step)
            return true
        case .late(let signal):
            finish(permits.first { !isLive($0) } ?? Permit(epoch: circuit.epoch - 1, token: 0), signal, step)
        case .acquire: return acquire(step.worker) != nil
        case .release:
            if let permit = permits.first(where: isLive) { finish(permit, CircuitSignal(.ignored), step) }
        case .advance(let duration): advance(by: duration)
        case .mode(let mode, let duration): command(.setMode(mode, until: duration.map { now + $0 }))
        case .hold(let duration): command(.hold(until: now + duration))
        case .setLimit(let limit): command(.setLimit(limit))
        case .probeNow: command(.probeNow)
        case .reset: command(.reset)
        case .health(let isUp, let policy): _ = handle(.health(isUp: isUp, policy))
        case .backlog(let isEmpty): backlogIsEmpty = isEmpty
        }
        return nil
    }

    private mutating func command(_ command: Circuit.Command) {
        _ = handle(.command(command, by: "scenario", note: ""))
    }

    private mutating func acquire(_ worker: String) -> Permit? {
        let permit: Permit
        if circuit.gate.passes {
            let inFlight = permits.count(where: isLive)
            guard inFlight < circuit.capacity(at: now, policy: policy) else { return nil }
            permit = Permit(epoch: circuit.epoch, token: nil)
        } else {
            let grants = handle(.probeAsked(by: workerID(worker)))
                .compactMap { if case .grant(let lease) = $0 { lease } else { nil } }
            guard let lease = grants.first else { return nil }
            permit = Permit(epoch: circuit.epoch, token: lease.token)
        }
        permits.append(permit)
        return permit
    }

    private func isLive(_ permit: Permit) -> Bool {
        guard permit.epoch == circuit.epoch else { return false }
        guard let token = permit.token else { return true }
        return circuit.probes.leases.contains { $0.token == token && now < $0.until }
    }

    private mutating func finish(_ permit: Permit, _ signal: CircuitSignal, _ step: Scenario.Step) {
        permits.removeAll { $0 == permit }
        let request = requestID(step.request)
        if let token = permit.token {
            _ = handle(.probeFinished(token: token, epoch: permit.epoch, signal, request: request))
            return
        }
        let epoch = permit.epoch
        guard signal.kind != .ignored else { return }
        window.add(signal, request: request, worker: workerID(step.worker), epoch: epoch, at: now)
        if epoch == circuit.epoch { count(signal) }
        if signal.kind == .pushback {
            _ = handle(.pushback(count: 1, retryAfter: signal.retryAfter, epoch: epoch))
        }
        _ = handle(.evaluate(window.sums(at: now), epoch: epoch))
        tick()
    }

    private mutating func count(_ signal: CircuitSignal) {
        switch signal.kind {
        case .ok: completed.ok += 1
        case .failure: completed.fail += 1
        case .pushback: completed.pushback += 1
        case .ignored: break
        }
    }

    private mutating func tick() {
        guard circuit.limit != nil else { return }
        let held = permits.count(where: isLive)
        // Requests that wait fill whatever the limit leaves.
        let inFlight = backlogIsEmpty ? held : circuit.dispatchLimit(policy)
        let sample = LimitSample(completed, inFlight: inFlight, backlogIsEmpty: backlogIsEmpty)
        _ = handle(.tick(sample, epoch: circuit.epoch))
    }

    /// Stops at each time at which the machine has something to do.
    private mutating func advance(by duration: Duration) {
        let end = now + duration
        while let due = circuit.nextTimer(policy), due > now, due <= end {
            now = due
            _ = handle(.timer)
        }
        now = end
        _ = handle(.timer)
        tick()
    }
}

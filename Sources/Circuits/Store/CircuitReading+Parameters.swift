import FoundationEssentials
import Model
import Postgres

extension CircuitReading {
    /// Of `circuits.apply`.
    func parameters(_ effects: [Circuit.Effect], policy: CircuitPolicy) -> Parameters {
        var parameters = Parameters(
            key.shard, key.tenant.uuid, key.destination.uuid, version, circuit.mode.rawValue, circuit.modeUntil,
            circuit.modeBy, circuit.modeReason, circuit.state.rawValue, circuit.epoch, circuit.stateSince,
            circuit.reason.rawValue, circuit.openedAt, circuit.retryAt, Int32(clamping: circuit.reopenCount),
            circuit.stableSince, circuit.flapAlarm.openings, Int32(clamping: circuit.alerts))
        circuit.probes.append(to: &parameters)
        parameters.append(circuit.throttledUntil)
        circuit.limit.append(to: &parameters)
        parameters.append(circuit.lastGoodLimit)
        parameters.append(circuit.ceiling.map { Int32(clamping: $0) })
        parameters.append(circuit.suspectedSince)
        parameters.append(circuit.wouldOpenAt)
        parameters.append(circuit.healthIsUp)
        parameters.append(Int32(clamping: circuit.failedCanaries))
        parameters.append(circuit.probeAt)
        parameters.append(timerAt(policy))
        parameters.append(laneLimit(policy))
        parameters.append(effects.contains(.notify))
        parameters.append(now)
        parameters.append(JSONB("[" + effects.compactMap(\.json).joined(separator: ",") + "]"))
        return parameters
    }

    /// A limit grows with time, also where nothing is completed.
    private func timerAt(_ policy: CircuitPolicy) -> Timestamp? {
        let tick = circuit.mode == .auto && circuit.limit != nil ? now + DispatchLimit.period : nil
        return [circuit.nextTimer(policy), tick].compactMap { $0 }.min()
    }

    /// nil: the destination's own.
    private func laneLimit(_ policy: CircuitPolicy) -> Int32? {
        guard circuit.gate.passes, circuit.limit != nil || circuit.ceiling != nil else { return nil }
        return Int32(clamping: circuit.dispatchLimit(policy))
    }
}

extension Circuit {
    /// When a probe may be let through.
    fileprivate var probeAt: Timestamp? {
        guard mode == .auto, state == .open || state == .halfOpen, probes.leases.isEmpty, let retryAt else {
            return nil
        }
        return max(retryAt, throttledUntil ?? retryAt)
    }
}

extension Probes {
    /// The row holds one lease: a policy that is stored allows no more.
    fileprivate func append(to parameters: inout Parameters) {
        parameters.append(leases.first?.owner.uuid)
        parameters.append(lastToken)
        parameters.append(leases.first?.until)
        parameters.append(Int32(clamping: ok))
        parameters.append(Int32(clamping: fail))
        parameters.append(Int32(clamping: lost))
        parameters.append(skipRequest?.uuid)
    }
}

extension DispatchLimit? {
    fileprivate func append(to parameters: inout Parameters) {
        parameters.append(self?.value)
        parameters.append(self?.threshold)
        parameters.append(self?.changedAt)
        parameters.append(
            self?.seen.map { [Int32(clamping: $0.ok), Int32(clamping: $0.fail), Int32(clamping: $0.pushback)] })
    }
}

extension Circuit.Effect {
    /// An element of `apply_circuit`'s events.
    fileprivate var json: String? {
        guard case .record(let event) = self else { return nil }
        // Words of enumerations need no escaping; the evidence is JSON already, and only commands name an actor.
        return """
            {"epoch":\(event.epoch),"reason":"\(event.reason.rawValue)","from_state":"\(event.from.rawValue)",\
            "to_state":"\(event.to.rawValue)","mode":"\(event.mode.rawValue)","evidence":\(event.evidence.json)}
            """
    }
}

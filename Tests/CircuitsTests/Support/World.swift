import Model
import Postgres
import TestSupport

@testable import Circuits

/// Workers, a destination that comes and goes, and an operator, all at random, around one circuit. Says what broke.
struct World {
    private struct Held {
        let lease: ProbeLease
        let epoch: Int64
    }

    private enum Weather: CaseIterable {
        /// `foul`: everybody's calls fail; `local`: those of one worker; `sluggish`: all take long.
        case fair, foul, local, sluggish
    }

    private(set) var story = Story()
    private(set) var broken: String?
    private(set) var reasons: Set<Circuit.Reason> = []
    private var generator: SeededGenerator
    private var weather = Weather.fair
    private var window: CircuitWindow
    private var completed = LimitSample.Completed()
    /// Epochs of the deliveries in flight.
    private var inFlight: [Int64] = []
    private var held: [Held] = []
    /// The latest time until which the destination, or the operator, asked for peace.
    private var askedUntil = Timestamp(microseconds: 0)
    private var heldUntil = Timestamp(microseconds: 0)

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        story.policy.maxInFlight = Int.random(in: 1...16, using: &generator)
        story.policy.ramp = Int.random(in: 0..<4, using: &generator) > 0
        if Int.random(in: 0..<4, using: &generator) == 0 { story.policy.concurrentProbes = 2 }
        if Bool.random(using: &generator) { story.policy.alibiTime = .seconds(2) }
        if Bool.random(using: &generator) { story.policy.flapOpenings = 2 }
        if Bool.random(using: &generator) { story.policy.failRatio = 0.2 }
        window = CircuitWindow(policy: story.policy, epoch: 1)
    }

    mutating func step() {
        let pauses: [Double] = [0, 0, 0, 0.1, 1, 1, 2, 2, 5, 10, 30, 60, 600]
        let pause = pauses.randomElement(using: &generator) ?? 0
        story.now = story.now + .seconds(pause)
        switch Int.random(in: 0..<40, using: &generator) {
        case 0..<10: for _ in 0..<Int.random(in: 1...8, using: &generator) { claim() }
        case 10..<20: for _ in 0..<Int.random(in: 1...8, using: &generator) { complete() }
        case 20..<25: askProbe()
        case 25..<31: finishProbe()
        case 31, 32: weather = Weather.allCases.randomElement(using: &generator) ?? .fair
        case 33: handle(.timer)
        case 34, 35: reportHealth()
        case 36: obey()
        default: tick()
        }
    }

    /// With the operator out of the way, a destination that answers, a worker and a backlog, the circuit closes.
    mutating func heal() {
        weather = .fair
        handle(.command(.setMode(.auto), by: "", note: ""))
        // What was asked may be waited for; then come a few waits, and a ramp.
        let deadline = max(story.now, heldUntil) + story.policy.retryAfterCap + .seconds(3600)
        while story.circuit.state != .closed, broken == nil {
            guard story.now < deadline else {
                broken = "(3) not closed"
                return
            }
            switch story.circuit.state {
            case .closed: break
            case .open, .halfOpen:
                let due = [story.circuit.retryAt, story.circuit.throttledUntil].compactMap { $0 }.max()
                story.now = max(story.now + .milliseconds(500), due ?? story.now)
                askProbe()
                if let last = held.popLast() { report(last, CircuitSignal(.ok)) }
            case .ramping:
                story.now = story.now + .milliseconds(500)
                for _ in 0..<8 { claim() }
                while !inFlight.isEmpty { complete(.init(.ok)) }
                tick()
            }
        }
    }

    private mutating func claim() {
        let capacity = story.circuit.capacity(at: story.now, policy: story.policy)
        let current = inFlight.count { $0 == story.circuit.epoch }
        guard current < capacity else { return }
        inFlight.append(story.circuit.epoch)
        // Time may have ended the mode since the capacity was read; the claim's transaction would have seen that.
        handle(.timer)
        if story.circuit.mode == .auto, story.circuit.state == .ramping, let limit = story.circuit.limit,
            inFlight.count(where: { $0 == story.circuit.epoch }) > Int(limit.value)
        {
            broken = "(6) in flight above the limit"
        }
    }

    private mutating func complete(_ signal: CircuitSignal? = nil) {
        guard let index = inFlight.indices.randomElement(using: &generator) else { return }
        let epoch = inFlight.remove(at: index)
        let worker = WorkerID.number(UInt64.random(in: 1...3, using: &generator))
        let signal = signal ?? randomSignal(of: worker)
        let request = RequestID.number(UInt64.random(in: 1...20, using: &generator))
        window.add(signal, request: request, worker: worker, epoch: epoch, at: story.now)
        if epoch == story.circuit.epoch, signal.kind != .ignored {
            switch signal.kind {
            case .ok: completed.ok += 1
            case .pushback: completed.pushback += 1
            default: completed.fail += 1
            }
        }
        if signal.kind == .pushback {
            note(signal.retryAfter)
            handle(.pushback(count: 1, retryAfter: signal.retryAfter, epoch: epoch), epoch: epoch)
        } else {
            note(signal.retryAfter)
            handle(.evaluate(window.sums(at: story.now), epoch: epoch), epoch: epoch)
        }
    }

    private mutating func askProbe() {
        let worker = WorkerID.number(UInt64.random(in: 1...3, using: &generator))
        guard let lease = handle(.probeAsked(by: worker)).lease else { return }
        if story.circuit.mode != .auto { broken = "(4) a probe without the machine's leave" }
        held.append(Held(lease: lease, epoch: story.circuit.epoch))
        let live = held.count { $0.epoch == story.circuit.epoch && story.now < $0.lease.until }
        if live > story.policy.concurrentProbes { broken = "(1) more than one lease" }
    }

    private mutating func finishProbe() {
        guard let index = held.indices.randomElement(using: &generator) else { return }
        let probe = held.remove(at: index)
        report(probe, randomSignal(of: probe.lease.owner))
    }

    private mutating func report(_ held: Held, _ signal: CircuitSignal) {
        note(signal.retryAfter)
        let isLate = story.now >= held.lease.until
        let effects = handle(
            .probeFinished(
                token: held.lease.token, epoch: held.epoch, signal,
                request: .number(UInt64.random(in: 1...20, using: &generator))),
            epoch: held.epoch)
        if isLate, !effects.contains(.dropStale) { broken = "(2) the outcome of a lost lease counted" }
    }

    private mutating func tick() {
        let sample = LimitSample(
            completed, inFlight: inFlight.count, backlogIsEmpty: Int.random(in: 0..<8, using: &generator) == 0)
        handle(.tick(sample, epoch: story.circuit.epoch), epoch: story.circuit.epoch)
    }

    private mutating func reportHealth() {
        let policy = HealthPolicy.allCases.randomElement(using: &generator) ?? .canary
        handle(.health(isUp: Bool.random(using: &generator), policy))
    }

    private mutating func obey() {
        let until = story.now + .seconds(Int.random(in: 1...3_600, using: &generator))
        let mode = Circuit.Mode.allCases.randomElement(using: &generator) ?? .auto
        let commands: [Circuit.Command] = [
            .setMode(mode, until: until), .setMode(mode), .setMode(.auto), .probeNow, .hold(until: until), .setLimit(3),
            .setLimit(nil), .reset,
        ]
        guard let command = commands.randomElement(using: &generator) else { return }
        if case .hold = command { heldUntil = max(heldUntil, until) }
        handle(.command(command, by: "", note: ""))
    }

    private mutating func randomSignal(of worker: WorkerID) -> CircuitSignal {
        let retryAfter: Duration? =
            Int.random(in: 0..<20, using: &generator) == 0
            ? .seconds(Int.random(in: 0...9_000, using: &generator)) : nil
        switch Int.random(in: 0..<30, using: &generator) {
        case 0: return CircuitSignal(.pushback, retryAfter: retryAfter)
        case 1: return CircuitSignal(.ignored)
        default: break
        }
        if weather == .sluggish { return CircuitSignal(.ok, isSlow: true) }
        guard weather == .foul || weather == .local && worker == .number(1) else { return CircuitSignal(.ok) }
        return CircuitSignal(
            .failure(CircuitSignal.Failure.allCases.randomElement(using: &generator) ?? .hard), retryAfter: retryAfter)
    }

    private mutating func note(_ retryAfter: Duration?) {
        guard let retryAfter else { return }
        askedUntil = max(askedUntil, story.now + retryAfter)
    }

    @discardableResult
    private mutating func handle(_ input: Circuit.Input, epoch: Int64? = nil) -> [Circuit.Effect] {
        let before = story.circuit
        var settled = before
        _ = settled.handle(.timer, at: story.now, policy: story.policy, jitter: 0.5)
        let jitter = Double.random(in: 0..<1, using: &generator)
        let effects = story.circuit.handle(input, at: story.now, policy: story.policy, jitter: jitter)
        reasons.formUnion(effects.reasons)
        if story.circuit.epoch != before.epoch { completed = .init() }
        broken = broken ?? violation(before, settled, effects, epoch)
        return effects
    }

    private func violation(
        _ before: Circuit, _ settled: Circuit, _ effects: [Circuit.Effect], _ epoch: Int64?
    ) -> String? {
        let after = story.circuit
        let capacity = after.capacity(at: story.now, policy: story.policy)
        if after.probes.leases.count > story.policy.concurrentProbes { return "(1) more than one lease" }
        if let epoch, epoch != settled.epoch {
            let isSame = settled == before ? after == before : after.epoch == settled.epoch
            if !isSame || !effects.contains(.dropStale) { return "(2) an outcome of another epoch counted" }
        }
        if after.mode == .forcedOpen, capacity > 0 { return "(4) sends while forced open" }
        if !after.gate.passes, capacity > 0 { return "(5) claims while held" }
        if after.gate == .limited, capacity > Int(after.limit?.value ?? 0) { return "(6) capacity above the limit" }
        if effects.notifications != Int(after.epoch - before.epoch) { return "(7) notifications differ from epochs" }
        let hasChanged = (before.state, before.mode) != (after.state, after.mode)
        if hasChanged, after.epoch == before.epoch { return "a change without an epoch" }
        if effects.gates != (before.gate == after.gate ? [] : [after.gate]) { return "the gate was not told" }
        let asked = min(askedUntil, story.now + story.policy.retryAfterCap)
        let latest = max(story.now + story.policy.waitCap * 1.2, asked, heldUntil)
        if after.state == .open, let retryAt = after.retryAt, retryAt > latest { return "(8) too long a wait" }
        return nil
    }
}

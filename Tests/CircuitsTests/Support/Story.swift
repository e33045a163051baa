import FoundationEssentials
import Model
import Postgres
import Testing

@testable import Circuits

/// A circuit and its clock, without jitter.
struct Story {
    var circuit = Circuit(at: Timestamp(microseconds: 0))
    var policy = CircuitPolicy()
    var now = Timestamp(microseconds: 0)

    @discardableResult
    mutating func handle(_ input: Circuit.Input) -> [Circuit.Effect] {
        circuit.handle(input, at: now, policy: policy, jitter: 0.5)
    }

    @discardableResult
    mutating func command(_ command: Circuit.Command) -> [Circuit.Effect] {
        handle(.command(command, by: "ada", note: "because"))
    }

    /// Outcomes of this epoch, seen by one worker.
    @discardableResult
    mutating func evaluate(ok: Int = 0, fail: Int = 0) -> [Circuit.Effect] {
        var counts = CircuitCounts()
        (counts.ok, counts.fail) = (ok, fail)
        return handle(.evaluate(WindowSums(slots: [.number(1): counts]), epoch: circuit.epoch))
    }

    mutating func askProbe(by worker: WorkerID = .number(1)) -> ProbeLease? {
        handle(.probeAsked(by: worker)).lease
    }

    mutating func probe(by worker: WorkerID = .number(1)) throws -> ProbeLease {
        let lease = askProbe(by: worker)
        return try #require(lease)
    }

    @discardableResult
    mutating func finish(
        _ lease: ProbeLease, _ signal: CircuitSignal.Kind, request: RequestID? = nil
    ) -> [Circuit.Effect] {
        handle(.probeFinished(token: lease.token, epoch: circuit.epoch, CircuitSignal(signal), request: request))
    }

    /// A circuit that got to the state by itself.
    static func at(_ state: Circuit.State, policy: CircuitPolicy = CircuitPolicy()) -> Story {
        var story = Story(policy: policy)
        guard state != .closed else { return story }
        story.evaluate(fail: 5)
        guard state != .open else { return story }
        story.now = story.now + .seconds(5)
        while story.circuit.state != state {
            guard let lease = story.askProbe() else { return story }
            guard state != .halfOpen else {
                story.finish(lease, .ignored)
                return story
            }
            story.finish(lease, .ok)
        }
        return story
    }
}

extension Identifier {
    static func number(_ number: UInt64) -> Self { Self(UUID(high: 0, low: number)) }
}

extension [Circuit.Effect] {
    var lease: ProbeLease? { lazy.compactMap { if case .grant(let lease) = $0 { lease } else { nil } }.first }
    var events: [CircuitEvent] { compactMap { if case .record(let event) = $0 { event } else { nil } } }
    var reasons: [Circuit.Reason] { events.map(\.reason) }
    var gates: [Circuit.Gate] { compactMap { if case .setGate(let gate) = $0 { gate } else { nil } } }
    var notifications: Int { count { $0 == .notify } }
}

import FoundationEssentials
import Model
import Postgres

/// Tells a scenario to the machine, with one worker unless it names more, no jitter, and requests always waiting unless
/// it says otherwise. Calls take no time.
package struct Replay {
    /// Leave to send a call: a probe if it has a token.
    struct Permit: Hashable {
        let epoch: Int64
        let token: Int64?
    }

    static let start = Timestamp(microseconds: 0)
    /// The middle of the range: waits are what the policy says.
    static let noJitter = 0.5

    let policy: CircuitPolicy
    var circuit = Circuit(at: Replay.start)
    var now = Replay.start
    var window: CircuitWindow
    /// In this epoch.
    var completed = LimitSample.Completed()
    var permits: [Permit] = []
    var backlogIsEmpty = false
    private var names = Names()
    private var effects: [Circuit.Effect] = []

    private init(_ policy: CircuitPolicy) {
        self.policy = policy
        window = CircuitWindow(policy: policy, epoch: circuit.epoch)
    }

    /// A line a step. The expectations hold when none has a mismatch.
    package static func run(_ scenario: Scenario) -> [ReplayLine] {
        var replay = Replay(scenario.policy)
        return scenario.steps.enumerated().map { replay.run($1, number: $0 + 1) }
    }

    private mutating func run(_ step: Scenario.Step, number: Int) -> ReplayLine {
        effects = []
        var granted: Bool?
        if let action = step.action {
            for _ in 0..<step.times { granted = perform(action, step) }
        }
        let events = effects.compactMap { if case .record(let event) = $0 { event } else { nil } }
        let retry = circuit.state == .open || circuit.state == .halfOpen ? circuit.retryAt : nil
        var line = ReplayLine(
            step: number, word: step.word, atSeconds: (now - Self.start).seconds,
            state: circuit.state.rawValue, mode: circuit.mode.rawValue, gate: circuit.gate.rawValue,
            epoch: circuit.epoch, limit: circuit.dispatchLimit(policy), granted: granted,
            retryS: retry.map { max(.zero, $0 - now).seconds }, events: events.map(\.reason.rawValue))
        line.mismatch = step.expected.mismatch(with: line, events: events)
        return line
    }

    mutating func handle(_ input: Circuit.Input) -> [Circuit.Effect] {
        let epoch = circuit.epoch
        let new = circuit.handle(input, at: now, policy: policy, jitter: Self.noJitter)
        if circuit.epoch != epoch { completed = .init() }
        effects += new
        return new
    }

    mutating func requestID(_ name: String?) -> RequestID { names.request(name) }
    mutating func workerID(_ name: String) -> WorkerID { names.worker(name) }
}

/// Ids for the names of a scenario.
private struct Names {
    private var requests: [String: RequestID] = [:]
    private var workers: [String: WorkerID] = [:]
    private var last: UInt64 = 0

    mutating func request(_ name: String?) -> RequestID {
        guard let name else { return RequestID(next()) }
        let id = requests[name] ?? RequestID(next())
        requests[name] = id
        return id
    }

    mutating func worker(_ name: String) -> WorkerID {
        let id = workers[name] ?? WorkerID(next())
        workers[name] = id
        return id
    }

    private mutating func next() -> UUID {
        last += 1
        return UUID(high: 0, low: last)
    }
}

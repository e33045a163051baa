/// Matches the results that a pipelined connection yields to the units that were sent, as a pure machine.
///
/// A group ends with a Sync: either one unit of writes, or the reads of one turn of the loop. Inside a group the
/// server skips everything behind a statement that fails, up to the Sync.
struct Pipeline<Unit, Output> {
    enum Event {
        case output(Output)
        case failure(PostgresError)
        /// The server skipped the statement because one before it in the group failed.
        case skipped
        case sync
    }

    enum Verdict {
        case succeeded([Output])
        case failed(PostgresError)
        /// Another unit of the group failed; this one had no effect and may be sent again.
        case skipped
    }

    fileprivate struct Pending {
        let unit: Unit
        let statements: Int
        var outputs: [Output] = []
        var error: PostgresError?
        var isSkipped = false
        var received = 0
    }

    fileprivate struct Group {
        var pending: [Pending]
        var current = 0
    }

    private var groups: [Group] = []

    var isEmpty: Bool { groups.isEmpty }

    /// Units under way.
    var count: Int { groups.reduce(0) { $0 + $1.pending.count } }

    mutating func sent(_ units: [(unit: Unit, statements: Int)]) {
        groups.append(Group(pending: units.map { Pending(unit: $0.unit, statements: $0.statements) }))
    }

    /// Returns verdicts when a group's Sync arrives, and nil before. A result that nothing waits for is dropped.
    mutating func received(_ event: Event) -> [(unit: Unit, verdict: Verdict)]? {
        guard !isEmpty else { return nil }
        if case .sync = event { return endGroup() }
        let current = groups[0].current
        guard current < groups[0].pending.count else { return nil }
        groups[0].pending[current].take(event)
        if groups[0].pending[current].received == groups[0].pending[current].statements {
            groups[0].current += 1
        }
        return nil
    }

    private mutating func endGroup() -> [(unit: Unit, verdict: Verdict)] {
        groups.removeFirst().pending.map { ($0.unit, $0.verdict) }
    }

    /// The connection is gone: everything under way, in order. A unit keeps the error that the server gave it.
    mutating func abandon() -> [(unit: Unit, error: PostgresError?)] {
        defer { groups = [] }
        return groups.flatMap { $0.pending.map { ($0.unit, $0.error) } }
    }
}

extension Pipeline.Pending {
    fileprivate mutating func take(_ event: Pipeline.Event) {
        received += 1
        switch event {
        case .output(let output): outputs.append(output)
        case .failure(let failure): error = error ?? failure
        case .skipped: isSkipped = true
        case .sync: break
        }
    }

    fileprivate var verdict: Pipeline.Verdict {
        if let error { return .failed(error) }
        if isSkipped || received < statements { return .skipped }
        return .succeeded(outputs)
    }
}

import Circuits
import Logging
import Postgres
import Synchronization

/// What a worker knows of circuits between two looks at their rows, and what it has seen since. Hints: the truth about a
/// gate is in the claim.
final class CircuitWatch: Sendable {
    private struct State {
        var findings: [CircuitKey: Findings] = [:]
        var snapshot = CircuitSnapshot()
        var isStale = true
        var egress = EgressGuard()
        var trustsEgress = true
    }

    let bell = Bell()
    private let logger: Logger
    private let state = Mutex(State())

    init(logger: Logger) { self.logger = logger }

    /// Whether a delivery that was claimed in the epoch should still be sent.
    func maySend(to key: CircuitKey, claimedIn epoch: Int64) -> Bool {
        !state.withLock { $0.snapshot.holds(key, claimedIn: epoch) }
    }

    /// False while it seems to be this worker's own network that fails: nothing is claimed then, and no circuit judged.
    /// Nothing being sent, only time brings trust back.
    var trustsEgress: Bool {
        state.withLock { state in
            if !state.trustsEgress { state.trustsEgress = !state.egress.isTripped(at: .local) }
            return state.trustsEgress
        }
    }

    /// An outcome that has been recorded, and so is in the buckets.
    func note(_ signal: CircuitSignal, of key: CircuitKey, claimedIn epoch: Int64) {
        let now = Timestamp.local
        let (isNews, lostTrust) = state.withLock { state -> (Bool, Bool) in
            state.egress.record(signal, of: key.destination, at: now)
            guard Findings.matter(signal) || state.snapshot.isLimited(key) else { return (false, false) }
            let isNews = state.findings.isEmpty
            state.findings[key, default: Findings()].add(signal, epoch: epoch)
            let lostTrust = state.trustsEgress && !signal.provesEgress && state.egress.isTripped(at: now)
            if lostTrust { state.trustsEgress = false }
            return (isNews, lostTrust)
        }
        if lostTrust {
            logger.error(
                "most destinations fail from here: for half a minute nothing is claimed and no circuit is judged")
        }
        if isNews { bell.ring() }
    }

    /// What is to be judged. What fails from here only says nothing about the destinations.
    func takeFindings() -> [(key: CircuitKey, findings: Findings)] {
        state.withLock { state in
            defer { state.findings = [:] }
            return state.trustsEgress ? state.findings.map { ($0.key, $0.value) } : []
        }
    }

    /// Circuits have changed, or may have.
    func invalidate() {
        state.withLock { $0.isStale = true }
        bell.ring()
    }

    /// Whether there is news of circuits; it is taken as read.
    func takeNews() -> Bool {
        state.withLock { state in
            defer { state.isStale = false }
            return state.isStale
        }
    }

    var hasNews: Bool { state.withLock { $0.isStale } }

    func show(_ snapshot: CircuitSnapshot) { state.withLock { $0.snapshot = snapshot } }
}

extension Timestamp {
    /// This machine's clock, for spans of time within a process.
    fileprivate static var local: Timestamp { Timestamp(microseconds: (ContinuousClock.now - origin).microseconds) }

    private static let origin = ContinuousClock.now
}

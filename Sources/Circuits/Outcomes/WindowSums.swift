package import Model
package import Postgres

/// What an evaluation sees: the outcomes of the window and of the present epoch, by the worker that saw them.
package struct WindowSums: Sendable, Hashable {
    package var slots: [WorkerID: CircuitCounts]
    /// Failures since the last success, as far as their order is known; less is safe.
    package var run: Int
    /// Until when a failure's Retry-After asks for peace.
    package var notBefore: Timestamp?

    package init(slots: [WorkerID: CircuitCounts] = [:], run: Int = 0, notBefore: Timestamp? = nil) {
        self.slots = slots
        self.run = run
        self.notBefore = notBefore
    }

    package var total: CircuitCounts { slots.values.reduce(CircuitCounts(), +) }

    /// A failing resolver is a worker's own trouble until another worker shares it.
    var resolverCounts: Bool { slots.values.count { $0.unresolved > 0 } >= 2 }

    func failures(_ policy: CircuitPolicy) -> Int { total.failures(policy, resolverCounts: resolverCounts) }

    /// Whether most failures are such that seconds won't heal them.
    func isLasting(_ policy: CircuitPolicy) -> Bool { 2 * total.lasting > failures(policy) }

    /// Why the circuit should open, if it should. While ramping it takes less.
    func trip(_ policy: CircuitPolicy, isRamping: Bool) -> Circuit.Reason? {
        let total = total
        let failures = failures(policy)
        let calls = total.ok + failures
        let consecutive = isRamping ? policy.rampConsecutive : policy.consecutive
        let run = policy.consecutiveSinceSuccess ? run : total.ok == 0 ? failures : 0
        if consecutive > 0, run >= consecutive { return .consecutive }
        let (minCalls, ratio) =
            isRamping ? (policy.rampMinCalls, policy.rampFailRatio) : (policy.minCalls, policy.failRatio)
        if calls >= minCalls, failures > 0, Double(failures) >= ratio * Double(calls) { return .failRatio }
        if calls >= policy.minCalls, Double(total.slow) >= policy.slowRatio * Double(calls) { return .slow }
        return nil
    }

    /// The one worker in trouble, if another has enough clean calls to cast doubt on it.
    func suspect(_ policy: CircuitPolicy, for reason: Circuit.Reason) -> WorkerID? {
        func isInTrouble(_ counts: CircuitCounts) -> Bool {
            reason == .slow ? counts.slow > 0 : counts.failures(policy, resolverCounts: resolverCounts) > 0
        }
        let troubled = slots.filter { isInTrouble($0.value) }
        guard policy.alibiCalls > 0, troubled.count == 1, let suspect = troubled.keys.first,
            slots.values.contains(where: { !isInTrouble($0) && $0.ok >= policy.alibiCalls })
        else { return nil }
        return suspect
    }
}

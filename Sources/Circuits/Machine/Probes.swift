package import Model
package import Postgres

/// The right to send one probe.
package struct ProbeLease: Sendable, Hashable {
    package let owner: WorkerID
    /// Fences the probe's report.
    package let token: Int64
    package let until: Timestamp
    /// The request of the last probe that failed, which may have been the fault: where the order is free, the probe is
    /// the request that comes after it.
    package let skip: RequestID?

    package init(owner: WorkerID, token: Int64, until: Timestamp, skip: RequestID? = nil) {
        self.owner = owner
        self.token = token
        self.until = until
        self.skip = skip
    }
}

/// The probes of a half-open phase. With the default policy there is at most one lease.
package struct Probes: Sendable, Hashable {
    package var leases: [ProbeLease] = []
    /// Tokens ascend over the life of the circuit.
    package var lastToken: Int64 = 0
    package var ok = 0
    package var fail = 0
    package var lost = 0
    package var skipRequest: RequestID?

    package init() {}

    var evidence: CircuitEvent.Evidence {
        var evidence = CircuitEvent.Evidence()
        evidence.probesOK = ok
        evidence.probesFailed = fail
        evidence.leasesLost = lost
        return evidence
    }

    func hasRoom(_ policy: CircuitPolicy) -> Bool {
        leases.count < policy.concurrentProbes && ok + fail + leases.count < policy.probesAllowed
    }

    mutating func grant(to owner: WorkerID, until: Timestamp) -> ProbeLease {
        lastToken += 1
        let lease = ProbeLease(owner: owner, token: lastToken, until: until, skip: skipRequest)
        leases.append(lease)
        return lease
    }

    /// Whether the lease was still held.
    mutating func giveBack(_ token: Int64) -> Bool {
        guard let index = leases.firstIndex(where: { $0.token == token }) else { return false }
        leases.remove(at: index)
        return true
    }

    /// Returns whether there were any to lose.
    mutating func loseLeases(at now: Timestamp) -> Bool {
        let held = leases.count
        leases.removeAll { now >= $0.until }
        lost += held - leases.count
        return leases.count < held
    }

    /// Leases and verdicts belong to an epoch; the tokens and the request to skip outlive it.
    mutating func restart() {
        leases = []
        (ok, fail, lost) = (0, 0, 0)
    }
}

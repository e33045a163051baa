import HTTPTypes
import Logging
import Model
import Postgres
import Requests
import Synchronization
import Tenants

/// Refuses what is more than a tenant may send. Of a tenant without limits it keeps and locks nothing.
final class IngestLimits: Sendable {
    /// What this process knows of the tenants that have limits.
    private struct State {
        var buckets: [TenantID: TokenBucket] = [:]
        var estimates: [TenantID: WaitingEstimate] = [:]
        /// Whose waiting deliveries are to be counted.
        var due: [Tenant] = []
    }

    private let store: TenantStore
    private let processes: Int
    private let logger: Logger
    private let start = ContinuousClock.now
    private let state = Mutex(State())
    private let bell = Bell()

    /// - Parameter processes: that share a tenant's rate.
    init(_ store: TenantStore, processes: Int, logger: Logger) {
        self.store = store
        self.processes = processes
        self.logger = logger
    }

    private var now: Duration { .now - start }

    /// Takes so many requests of what the tenant may send; nil where it has no rate. Throws a `Problem`.
    func take(_ count: Int, of tenant: Tenant) throws -> RateAllowance? {
        let quotas = tenant.quotas
        guard quotas.ingestRate != nil || quotas.maxWaiting != nil else { return nil }
        let now = now
        let (isDue, result) = state.withLock { state -> (Bool, Result<RateAllowance?, Problem>) in
            var isDue = false
            if let limit = quotas.maxWaiting {
                var estimate = state.estimates[tenant.id] ?? WaitingEstimate()
                let isRoom = estimate.take(count, limit: limit)
                isDue = estimate.beginCount(limit: limit, now: now)
                state.estimates[tenant.id] = estimate
                if isDue { state.due.append(tenant) }
                guard isRoom else { return (isDue, .failure(.tooMuchWaits(limit: limit))) }
            }
            guard let rate = quotas.ingestRate else { return (isDue, .success(nil)) }
            return (isDue, take(count, rate, quotas, from: &state.buckets[tenant.id], now: now))
        }
        if isDue { bell.ring() }
        return try result.get()
    }

    private func take(
        _ count: Int, _ rate: Double, _ quotas: Quotas, from bucket: inout TokenBucket?, now: Duration
    ) -> Result<RateAllowance?, Problem> {
        let size = quotas.ingestBurst.map(Double.init) ?? max(rate, 1)
        let (rate, part) = (rate / Double(processes), size / Double(processes))
        var taken = bucket ?? TokenBucket(rate: rate, size: part, now: now)
        taken.adjust(rate: rate, size: part, now: now)
        let wait = taken.take(count, now: now)
        bucket = taken
        let allowance = RateAllowance(
            quota: Int(taken.size), window: max(1, Int((taken.size / rate).rounded(.up))),
            remaining: taken.remaining, untilFull: taken.untilFull.wholeSeconds)
        guard let wait else { return .success(allowance) }
        return .failure(.rateExceeded(allowance, wait: wait))
    }

    /// Counts what waits, one tenant after the other, until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            while let tenant = state.withLock({ $0.due.popLast() }) { await count(tenant) }
            await bell.wait(upTo: .seconds(60))
        }
    }

    private func count(_ tenant: Tenant) async {
        var waiting: Int64?
        if let limit = tenant.quotas.maxWaiting {
            do {
                waiting = try await TenantScope.run(tenant.id) {
                    try await store.waiting(of: tenant.id, shard: tenant.shard, limit: limit)
                }
            } catch {
                logger.warning("waiting deliveries not counted", metadata: ["error": "\(error)"])
            }
        }
        let now = now
        state.withLock { $0.estimates[tenant.id]?.endCount(waiting, now: now) }
    }
}

extension IngestLimits {
    /// Counts the deliveries that requests for topics have beyond one, which `take` has counted. They are not refused:
    /// the next request is.
    func note(_ made: [Result<NewRequest, any Error>], of call: Call, _ caller: Caller) {
        guard let tenant = call.snapshot.tenant(caller.tenant), tenant.quotas.maxWaiting != nil else { return }
        let more = made.reduce(0) { $0 + max(0, ((try? $1.get())?.addressee.lanes.count ?? 0) - 1) }
        if more > 0 { note(more, of: tenant) }
    }

    func note(_ more: Int, of tenant: Tenant) { state.withLock { $0.estimates[tenant.id]?.add(more) } }

    /// For who has a caller only.
    func take(_ count: Int, of call: Call, _ caller: Caller) throws -> RateAllowance? {
        try call.snapshot.tenant(caller.tenant).flatMap { try take(count, of: $0) }
    }
}

extension Quotas {
    /// Bytes of a body.
    func bodyLimit(_ gateway: Int) -> Int { min(gateway, maxBodyBytes.map(Int.init) ?? .max) }
}

extension Problem {
    fileprivate static func tooMuchWaits(limit: Int64) -> Problem {
        var problem = Problem(
            .quotaExceeded, "\(limit) deliveries wait, which is what the tenant may have. Nothing was stored."
        ).retry(after: .random(in: 1...5))
        problem.fields[.rateLimitPolicy] = #""waiting";q=\#(limit)"#
        problem.fields[.rateLimit] = #""waiting";r=0"#
        return problem
    }

    fileprivate static func rateExceeded(_ allowance: RateAllowance, wait: Duration) -> Problem {
        var problem = Problem(
            .rateExceeded, "The tenant's rate is used up. Nothing was stored; come back in \(wait.wholeSeconds) s."
        ).retry(after: wait.wholeSeconds)
        problem.fields.append(contentsOf: allowance.fields)
        return problem
    }
}

extension Duration {
    /// Rounded up.
    fileprivate var wholeSeconds: Int { Int((self / .seconds(1)).rounded(.up)) }
}

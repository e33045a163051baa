import CoreMetrics
import Synchronization
import Telemetry

/// A copy of the database that may be some seconds behind, for reads that may be so too. Where it can't serve them, the
/// primary does.
package final class Replica: Sendable {
    /// Why the primary was asked.
    package enum Fault: String, Sendable, CaseIterable {
        /// It lags too far behind.
        case lag
        /// It ended the read, whose rows its primary had removed.
        case conflict
        /// It gave another error or, in time, no answer.
        case failure
        /// It has had one of the others a moment ago.
        case coolDown = "cool_down"
    }

    package struct Counts: Sendable, Equatable {
        package var reads = 0
        package var faults: [Fault: Int] = [:]
    }

    package struct Limits: Sendable {
        /// Who looks at a list looks again after some seconds. A replica that keeps up is two seconds behind at the most:
        /// its primary commits once a second at least, for the upkeep's lease.
        package var lag = Duration.seconds(5)
        /// How long it is left alone after a fault: a restart takes about as long.
        package var coolDown = Duration.seconds(5)

        package init() {}
    }

    /// Short, for the primary has to answer yet.
    private static let patience = (toSend: Duration.milliseconds(250), toAnswer: Duration.seconds(2))

    private let client: Client
    private let lag: Statement
    private let limits: Limits
    private let onFault: @Sendable (Fault, any Error) -> Void
    private let served = Counter(.replicaReads, "served")
    private let faults = Dictionary(
        uniqueKeysWithValues: Fault.allCases.map { ($0, Counter(.replicaReads, $0.rawValue)) })
    private let state = Mutex((counts: Counts(), restsUntil: ContinuousClock.now))

    /// - Parameters:
    ///   - client: has prepared `lag` and what is read; its sessions are read-only.
    ///   - lag: tells by how many seconds the replica is behind, or NULL.
    ///   - onFault: is told when it is left alone.
    package init(
        _ client: Client, lag: Statement, limits: Limits = Limits(),
        onFault: @escaping @Sendable (Fault, any Error) -> Void = { _, _ in }
    ) {
        self.client = client
        self.lag = lag
        self.limits = limits
        self.onFault = onFault
    }

    package var counts: Counts { state.withLock { $0.counts } }

    /// nil: the primary must be asked.
    fileprivate func query(_ statement: Statement, _ parameters: Parameters) async throws -> Rows? {
        guard state.withLock({ $0.restsUntil <= .now }) else {
            count(.coolDown)
            return nil
        }
        do {
            let results = try await answer([(lag, Parameters()), (statement, parameters)])
            let seconds = try results[0][0].decode(0, as: Double?.self)
            guard let seconds, .seconds(seconds) <= limits.lag else {
                let words = seconds.map { "is \(Int($0)) s behind" } ?? "has replayed nothing yet"
                rest(.lag, PostgresError(.unavailable, "the replica \(words)"))
                return nil
            }
            state.withLock { $0.counts.reads += 1 }
            served.increment()
            return results[1]
        } catch let error as PostgresError where !error.isDataError {
            rest(error.sqlState == "40001" ? .conflict : .failure, error)
            return nil
        }
    }

    /// A machine that vanished says nothing, so the answer has a time limit of its own.
    private func answer(_ statements: [(statement: Statement, parameters: Parameters)]) async throws -> [Rows] {
        try await withThrowingTaskGroup { [client] group in
            group.addTask { try await client.run(.read, statements, Self.patience.toSend) }
            group.addTask {
                try await Task.sleep(for: Self.patience.toAnswer)
                throw PostgresError(.unavailable, "the replica did not answer within \(Self.patience.toAnswer)")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }

    /// A conflict is of one read, and says nothing about the next.
    private func rest(_ fault: Fault, _ error: any Error) {
        count(fault)
        guard fault != .conflict else { return }
        state.withLock { $0.restsUntil = .now + limits.coolDown }
        onFault(fault, error)
    }

    private func count(_ fault: Fault) {
        state.withLock { $0.counts.faults[fault, default: 0] += 1 }
        faults[fault]?.increment()
    }
}

extension Client {
    /// A read that may be a little old: of the replica, where there is one that can serve it.
    package func query(
        _ statement: Statement, _ parameters: Parameters = Parameters(), preferring replica: Replica?
    ) async throws -> Rows {
        if let rows = try await replica?.query(statement, parameters) { return rows }
        return try await query(statement, parameters)
    }
}

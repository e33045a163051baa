import Circuits
import CoreMetrics
import Logging
import Model
import Postgres
import Telemetry

/// Runs a leased check: probes, forms the opinion, records it, and tells the circuit.
struct HealthRunner: Sendable {
    let node: Node
    let store: HealthStore
    let probe: HealthProbe
    let traffic: HealthLoop.Traffic
    let onChange: HealthLoop.OnChange
    let logger: Logger

    func run(_ lease: HealthLease) async {
        let definition = lease.record.definition
        // Valid when they were put; those of another version of the program may not be so to this one.
        let settings = (try? definition.settings()) ?? HealthCheckSettings()
        let traffic = await traffic(definition.tenant, definition.destination)
        var check = lease.record.check
        let isTold = check.health == lease.record.told
        if isTold,
            check.skip(
                at: lease.now, lastSuccess: traffic.lastSuccess, settings: settings, jitter: .random(in: 0..<1))
        {
            return await giveBack(lease, nextAt: check.nextAt)
        }
        guard let report = await probe.run(definition) else { return await giveBack(lease, nextAt: check.nextAt) }
        Counter(.healthChecks, report.result.word).increment()
        _ = check.handle(
            report.result, at: lease.now, lastTraffic: traffic.last, settings: settings, jitter: .random(in: 0..<1))
        let health = check.health
        guard await record(report, check, of: lease), health != lease.record.told,
            let change = HealthChange(definition, health)
        else { return }
        await tell(change, sharedKey: definition.sharedKey)
    }

    private func giveBack(_ lease: HealthLease, nextAt: Timestamp) async {
        _ = await uncancelled { try await store.giveBack(lease, nextAt: nextAt) }
    }

    /// Returns whether the result counted.
    private func record(_ report: HealthReport, _ check: HealthCheck, of lease: HealthLease) async -> Bool {
        let counted = await uncancelled { try await store.record(report, check, of: lease) }
        if counted == false {
            logger.notice("late result of a health check dropped", metadata: ["check": "\(lease.record.definition.id)"])
        }
        return counted ?? false
    }

    private func tell(_ change: HealthChange, sharedKey: String?) async {
        let metadata: Logger.Metadata = [
            "tenant": "\(change.tenant)", "destination": "\(change.destination)", "is_up": "\(change.isUp)",
        ]
        do {
            try await onChange(change)
            try await store.remember(change)
            logger.notice("health has changed", metadata: metadata)
            if change.isUp, let sharedKey { try await store.hasten(sharedKey, node) }
        } catch {
            logger.warning(
                "change of health not told; the next check tells it",
                metadata: metadata.merging(["error": "\(error)"]) { $1 })
        }
    }

    /// What a shutdown cancels must yet give its lease back; the store bounds how long that may take.
    private func uncancelled<T: Sendable>(_ statement: @escaping @Sendable () async throws -> T) async -> T? {
        do {
            return try await Task { try await statement() }.value
        } catch {
            logger.warning("lease of a health check runs out", metadata: ["error": "\(error)"])
            return nil
        }
    }
}

extension HealthCheck.Result {
    fileprivate var word: String {
        switch self {
        case .success: "success"
        case .failure: "failure"
        case .notRun: "not_run"
        }
    }
}

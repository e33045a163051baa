import FoundationEssentials
package import Model
package import Postgres
import SQL

/// Keeps health checks, and sees to it that one process in the cluster runs each.
package struct HealthStore: Sendable {
    package static let statements = SQL.statements.filter { $0.name.hasPrefix("health.") }

    /// Time that a lease lasts beyond its check's time-out: for the result to be recorded.
    package static let leaseSlack = Duration.seconds(5)

    private let client: Client

    /// The client must have prepared `statements`.
    package init(_ client: Client) { self.client = client }

    /// Makes a check, or changes the one of its id, which then forms its opinion anew. Throws `PolicyError`, and
    /// `PostgresError` with the constraint that says what is wrong: `destination_is_known`, `checks_are_at_most_8`, or
    /// one of the table's.
    package func put(_ definition: HealthCheckDefinition) async throws {
        let start = Timestamp(microseconds: 0)
        let first = HealthCheck(at: start, settings: try definition.settings(), jitter: .random(in: 0..<1))
        let settings = String(decoding: try JSONEncoder().encode(definition.overrides), as: UTF8.self)
        let exchange = definition.exchange
        _ = try await client.execute(
            SQL["health.put"],
            Parameters(
                definition.shard, definition.tenant.uuid, definition.destination.uuid, definition.id.uuid,
                definition.kind.rawValue, definition.target, exchange.method, exchange.headers.text, exchange.statuses,
                exchange.bodyContains, Int32(clamping: definition.timeout.microseconds / 1000), JSONB(settings),
                definition.decisive, definition.policy.rawValue, definition.sharedKey, first.nextAt - start))
    }

    /// Returns whether there was such a check.
    @discardableResult
    package func delete(
        _ check: HealthCheckID, of destination: DestinationID, tenant: TenantID, shard: Int16
    ) async throws -> Bool {
        let rows = try await client.execute(
            SQL["health.delete"], Parameters(shard, tenant.uuid, destination.uuid, check.uuid))
        return try rows.first?.decode(0) ?? false
    }

    package func list(of destination: DestinationID, tenant: TenantID, shard: Int16) async throws -> [HealthRecord] {
        try await client.query(SQL["health.list"], Parameters(shard, tenant.uuid, destination.uuid))
            .map(HealthRecord.init)
    }

    /// Due checks, those first that have waited longest. One that only a newer program can read is left out: its lease
    /// runs out, and another process takes it.
    package func lease(
        _ node: Node, worker: WorkerID, limit: Int32, slack: Duration = leaseSlack
    ) async throws -> [HealthLease] {
        let token = Int64.random(in: .min ... .max)
        let rows = try await client.execute(
            SQL["health.lease"], Parameters(node.shards, worker.uuid, token, limit, slack))
        let received = ContinuousClock.now
        return rows.compactMap { row in
            guard let record = try? HealthRecord(row), let leasedAt = try? row.decode(23, as: Timestamp.self) else {
                return nil
            }
            return HealthLease(record: record, token: token, leasedAt: leasedAt, received: received)
        }
    }

    /// Records a result with the opinion that followed from it. Returns false where the lease was lost: then nothing has
    /// changed.
    package func record(_ report: HealthReport, _ check: HealthCheck, of lease: HealthLease) async throws -> Bool {
        var parameters = Parameters(of: lease)
        parameters.append(check.health.rawValue)
        parameters.append(Int32(clamping: check.okRun))
        parameters.append(Int32(clamping: check.failRun))
        parameters.append(check.nextAt)
        parameters.append(report.latency.seconds * 1000)
        parameters.append(report.error)
        let rows = try await client.execute(SQL["health.record"], parameters, within: Self.leaseSlack)
        return try rows.first?.decode(0) ?? false
    }

    /// Gives a lease back without a result. Returns whether it was still held.
    @discardableResult
    package func giveBack(_ lease: HealthLease, nextAt: Timestamp) async throws -> Bool {
        var parameters = Parameters(of: lease)
        parameters.append(nextAt)
        let rows = try await client.execute(SQL["health.return"], parameters, within: Self.leaseSlack)
        return try rows.first?.decode(0) ?? false
    }

    /// Remembers that the circuit knows of the change, if the check still is of that opinion.
    package func remember(_ change: HealthChange) async throws {
        let health: HealthCheck.Health = change.isUp ? .up : .down
        _ = try await client.execute(
            SQL["health.told"],
            Parameters(
                change.shard, change.tenant.uuid, change.destination.uuid, change.check.uuid, health.rawValue))
    }

    /// Makes the checks of a shared key that are down due now, at most `limit`; the others come by their own cadence.
    /// Returns how many.
    @discardableResult
    package func hasten(_ sharedKey: String, _ node: Node, limit: Int32 = 1_000) async throws -> Int32 {
        try await client.execute(SQL["health.hasten"], Parameters(node.shards, sharedKey, limit)).first?.decode(0) ?? 0
    }
}

extension Parameters {
    fileprivate init(of lease: HealthLease) {
        let definition = lease.record.definition
        self.init(
            definition.shard, definition.tenant.uuid, definition.destination.uuid, definition.id.uuid, lease.token)
    }
}

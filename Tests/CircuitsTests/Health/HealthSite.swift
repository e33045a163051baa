import Circuits
import FoundationEssentials
import Model
import Postgres
import SQL
import Tenants
import TestSupport

/// A destination and its health checks, in a database of the test's own.
struct HealthSite: Sendable {
    static let shard: Int16 = 7

    /// Has prepared every statement.
    let client: Client
    let store: HealthStore
    let destination: Destination
    let worker = WorkerID.new()

    init(_ database: TestDatabase) async throws {
        client = database.client(statements: SQL.statements, connections: 8)
        store = HealthStore(client)
        destination = try await Self.destination("d", client)
    }

    /// Of a new tenant.
    static func destination(_ name: String, _ client: Client) async throws -> Destination {
        let tenant = TenantID.new()
        _ = try await client.execute(SQL["tenants.create"], Parameters(tenant.uuid, "t-\(name)", shard))
        return try await TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey()))
            .putDestination(
                DestinationSettings(name: name, baseURL: "http://127.0.0.1:9"), tenant: tenant, shard: shard)
    }

    func definition(
        of destination: Destination? = nil, _ adjust: (inout HealthCheckDefinition) -> Void = { _ in }
    ) -> HealthCheckDefinition {
        let owner = destination ?? self.destination
        var definition = HealthCheckDefinition(
            shard: Self.shard, tenant: owner.tenant, destination: owner.id, kind: .http,
            target: "http://127.0.0.1:9/up")
        adjust(&definition)
        return definition
    }

    /// A check that is due.
    @discardableResult
    func put(
        of destination: Destination? = nil, _ adjust: (inout HealthCheckDefinition) -> Void = { _ in }
    ) async throws -> HealthCheckDefinition {
        let definition = definition(of: destination, adjust)
        try await store.put(definition)
        try await makeDue(definition.id)
        return definition
    }

    func makeDue(_ check: HealthCheckID) async throws {
        _ = try await client.execute(
            Statement("UPDATE sluice.health_check SET next_at = clock_timestamp() WHERE check_id = $1"),
            Parameters(check.uuid))
    }

    /// As if the time of all leases were over.
    func expireLeases() async throws {
        _ = try await client.execute(
            Statement("UPDATE sluice.health_check SET lease_until = clock_timestamp() WHERE lease_until IS NOT NULL"))
    }

    func lease(limit: Int32 = 100) async throws -> [HealthLease] {
        try await store.lease(.only, worker: worker, limit: limit)
    }

    func list() async throws -> [HealthRecord] {
        try await store.list(of: destination.id, tenant: destination.tenant, shard: Self.shard)
    }

    func now() async throws -> Timestamp {
        guard let row = try await client.query(Statement("SELECT clock_timestamp()")).first else {
            throw NeverHappened("the database told no time")
        }
        return try row.decode(0)
    }
}

func withHealthSite(_ body: (HealthSite) async throws -> Void) async throws {
    try await withDatabase { try await body(HealthSite($0)) }
}

extension HealthLease {
    /// The opinion after a result, without jitter.
    func opinion(after result: HealthCheck.Result) -> HealthCheck {
        var check = record.check
        _ = check.handle(result, at: now, lastTraffic: now, settings: .init(), jitter: 0.5)
        return check
    }
}

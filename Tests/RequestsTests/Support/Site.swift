import FoundationEssentials
import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport

/// Tenants and destinations, all on one shard, in a database of the test's own, and the stores that work on them.
struct Site: Sendable {
    static let shard: Int16 = 7

    let database: TestDatabase
    /// Has prepared every statement.
    let client: Client
    let tenants: TenantStore
    let deliveries: DeliveryStore
    let worker = WorkerID.new()

    init(_ database: TestDatabase, connections: Int = 2) throws {
        self.database = database
        client = database.client(statements: SQL.statements, connections: connections)
        tenants = TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey()))
        deliveries = DeliveryStore(client)
    }

    func tenant(_ name: String = "t") async throws -> TenantID {
        _ = try await client.execute(SQL["tenants.create"], Parameters(TenantID.new().uuid, name, Self.shard))
        return try await tenants.requireTenant(named: name).id
    }

    /// Makes the destination, or changes it.
    func destination(
        _ name: String = "d", of tenant: TenantID? = nil, _ adjust: (inout DestinationSettings) -> Void = { _ in }
    ) async throws -> Destination {
        var settings = DestinationSettings(name: name, baseURL: "http://127.0.0.1:9")
        adjust(&settings)
        let owner = if let tenant { tenant } else { try await self.tenant() }
        return try await tenants.putDestination(settings, tenant: owner, shard: Self.shard)
    }

    /// Stores the requests in one transaction and arms their lanes, as the gateway does.
    func add(_ requests: [NewRequest], again: Bool = false) async throws {
        _ = try await client.execute(
            SQL["requests.store"], Parameters(storing: requests, keyWindow: .seconds(3600), again: again))
        try await deliveries.arm(Array(Set(requests.flatMap(\.addressee.lanes))))
    }

    func add(_ count: Int, to destination: Destination, bytes: Int = 8) async throws {
        try await add(
            (0..<count).map { _ in NewRequest(to: destination, body: [UInt8](repeating: 0x61, count: bytes)) })
    }

    /// Claims, and arms what the claim disarmed once more, as a worker does.
    func claim(_ adjust: (inout DeliveryStore.ClaimLimits) -> Void = { _ in }) async throws -> [Delivery] {
        var limits = DeliveryStore.ClaimLimits()
        adjust(&limits)
        let claim = try await deliveries.claim(shard: Self.shard, worker: worker, limits: limits)
        if !claim.disarmed.isEmpty { try await deliveries.arm(claim.disarmed) }
        return claim.deliveries
    }

    /// Reports the same verdict for all of them and arms their lanes, as a worker does.
    @discardableResult
    func report(
        _ claimed: [Delivery], _ verdict: Verdict, _ attemptClass: AttemptClass = .delivered, retryIn: Duration? = nil
    ) async throws -> [Bool] {
        var outcome = Outcome(verdict, attemptClass)
        outcome.retryIn = retryIn ?? (verdict == .retry ? .zero : nil)
        let counted = try await deliveries.report(claimed.map { Report($0, outcome) }, within: .seconds(10))
        try await deliveries.arm(Array(Set(claimed.map(\.lane))))
        return counted
    }
}

func withSite(connections: Int = 2, _ body: (Site) async throws -> Void) async throws {
    try await withDatabase { try await body(Site($0, connections: connections)) }
}

extension NewRequest {
    init(
        to destination: Destination, id: RequestID = .new(), body: [UInt8] = Array("{}".utf8), dueAt: Timestamp? = nil,
        expiresAt: Timestamp? = nil, idempotency: Idempotency? = nil, orderedBy key: String? = nil
    ) {
        var headers = HeaderLines()
        headers.append("content-type", "application/json")
        self.init(
            id: id, tenant: destination.tenant,
            addressee: .destination(
                destination.id, lane: destination.lane(of: id, orderedBy: key.flatMap(OrderingKey.init))),
            method: "POST", path: "/hook",
            query: nil, headers: headers, body: body, dueAt: dueAt, expiresAt: expiresAt,
            idempotency: idempotency)
    }
}

extension Parameters {
    /// Of `requests.store`.
    init(storing requests: [NewRequest], keyWindow: Duration = .seconds(3600)) {
        self.init(storing: requests, keyWindow: keyWindow, again: false)
    }
}

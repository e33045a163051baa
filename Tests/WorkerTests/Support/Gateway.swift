import Circuits
import Model
import Postgres
import Requests
import ServiceLifecycle
import Sink
import Tenants
import TestSupport
import Worker

/// All that stands between a tenant and a destination but the API: store, arm, and a worker that can be stopped.
struct Gateway: Sendable {
    let client: Client
    let destination: Destination
    let circuits: CircuitStore
    private let store: RequestStore
    private let worker: ServiceGroup
    /// Whether notifications reach the worker.
    let isListening: Shared<Bool>

    /// - Parameters:
    ///   - policy: of the circuit; nil: it is forced closed.
    ///   - listens: without it all notifications are lost.
    init(
        _ database: TestDatabase, to sink: Sink, drainTimeout: Duration = .seconds(5),
        policy: [String: PolicyValue]? = nil, listens: Bool = true,
        shape: (inout DestinationSettings) -> Void = { _ in }
    ) async throws {
        client = database.client(
            statements: TenantStore.statements + DeliveryStore.upkeepStatements + CircuitStore.statements
                + HealthStore.statements,
            connections: 2)
        let tenants = TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey()))
        let tenant = try await tenants.createTenant(named: "t")
        var settings = DestinationSettings(name: "sink", baseURL: sink.url)
        settings.retry.backoff = Backoff(base: .milliseconds(1), cap: .milliseconds(1))
        shape(&settings)
        destination = try await tenants.putDestination(settings, tenant: tenant.id, shard: tenant.shard)

        circuits = CircuitStore(client)
        if let policy {
            try await circuits.put(
                CircuitPolicy.Overrides(policy), shard: tenant.shard, tenant: tenant.id, destination: destination.id)
        } else {
            _ = try await circuits.command(
                "force", CircuitKey(shard: tenant.shard, tenant: tenant.id, destination: destination.id), actor: "test",
                note: "not about circuits")
        }

        let traffic = Traffic()
        // Recorded when all else has stopped.
        let trafficLoop = TrafficLoop(
            traffic, database.client(statements: TrafficLoop.statements), every: .seconds(3_600), logger: quiet)
        let arm = ArmLoop(database.client(statements: ArmLoop.statements), logger: quiet)
        store = RequestStore(
            database.client(statements: RequestStore.statements, connections: 2), keyWindow: .seconds(60), arm: arm,
            traffic: traffic)
        var configuration = WorkerConfiguration()
        configuration.drainTimeout = drainTimeout
        configuration.egress = .loopback
        let snapshots = SnapshotLoop(tenants, logger: quiet)
        let worker = try Worker(
            database.settings, on: database.loop, node: .only, configuration: configuration, snapshots: snapshots,
            traffic: traffic, logger: quiet)
        isListening = Shared(false)
        _ = database.client { [isListening] configuration in
            configuration.channels = listens ? ["sluice_work", ArmLoop.channel, "sluice_circuit"] : []
            configuration.onEvent = { event in
                switch event {
                case .notification("sluice_work", let payload):
                    worker.ring(payload.split(separator: ",").compactMap { Int16($0) })
                case .notification(ArmLoop.channel, let payload): worker.hearOfWork(payload)
                case .notification: worker.circuitsChanged()
                case .connected:
                    worker.circuitsChanged()
                    isListening.update { $0 = true }
                case .disconnected: break
                }
            }
        }
        self.worker = ServiceGroup(services: [trafficLoop, arm, store, snapshots, worker], logger: quiet)
    }

    /// A second destination of the tenant, at the same address.
    func another() async throws -> Destination {
        let tenants = TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey()))
        return try await tenants.putDestination(
            DestinationSettings(name: "another", baseURL: destination.settings.baseURL), tenant: destination.tenant,
            shard: destination.lane.shard)
    }

    /// - Parameter other: in place of the destination.
    func store(_ count: Int, to other: Destination? = nil) async throws -> [RequestID] {
        let destination = other ?? destination
        return try await withThrowingTaskGroup { group in
            for _ in 0..<count {
                group.addTask {
                    let id = RequestID.new()
                    let request = NewRequest(
                        id: id, tenant: destination.tenant,
                        addressee: .destination(destination.id, lane: destination.lane),
                        method: "POST", path: "/\(id)", query: nil, headers: HeaderLines(), body: Array("\(id)".utf8))
                    guard try await store.store(request, within: .seconds(10)) == .stored else {
                        throw NeverHappened("\(id) was not stored")
                    }
                    return id
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    func store(path: String, orderedBy key: String) async throws {
        let id = RequestID.new()
        let request = NewRequest(
            id: id, tenant: destination.tenant,
            addressee: .destination(
                destination.id, lane: destination.lane(of: id, orderedBy: OrderingKey(key))), method: "POST",
            path: path, query: nil,
            headers: HeaderLines(), body: [])
        guard try await store.store(request, within: .seconds(10)) == .stored else {
            throw NeverHappened("\(path) was not stored")
        }
    }

    /// Runs everything while the body does, then shuts down in order.
    func run(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await worker.run() }
            do {
                try await body()
            } catch {
                await worker.triggerGracefulShutdown()
                throw error
            }
            await worker.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }

    var key: CircuitKey {
        CircuitKey(shard: destination.lane.shard, tenant: destination.tenant, destination: destination.id)
    }

    func circuit() async throws -> Circuit {
        guard let reading = try await circuits.read(key) else { throw NeverHappened("the circuit is gone") }
        return reading.circuit
    }

    /// Deliveries that have not ended, in one snapshot: between two a retry goes from one table to the other.
    func unfinished() async throws -> Int64 {
        let rows = try await client.query(
            Statement("SELECT (SELECT count(*) FROM sluice.ready) + (SELECT count(*) FROM sluice.in_flight)"))
        return try rows[0].decode(0)
    }

    func execute(_ sql: String) async throws { _ = try await client.execute(Statement(sql)) }

    func count(_ table: String, where condition: String = "true") async throws -> Int64 {
        let rows = try await client.query(Statement("SELECT count(*) FROM sluice.\(table) WHERE \(condition)"))
        return try rows[0].decode(0)
    }
}

func withGateway(
    to sink: Sink, drainTimeout: Duration = .seconds(5), policy: [String: PolicyValue]? = nil, listens: Bool = true,
    _ shape: (inout DestinationSettings) -> Void = { _ in }, _ body: (Gateway) async throws -> Void
) async throws {
    try await withDatabase { database in
        let gateway = try await Gateway(
            database, to: sink, drainTimeout: drainTimeout, policy: policy, listens: listens, shape: shape)
        try await gateway.run { try await body(gateway) }
    }
}

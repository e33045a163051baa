import Circuits
import Model
import NIOPosix
import Postgres
import ServiceLifecycle
import Tenants
import TestSupport

@testable import Worker

/// A destination, its checks, and the processes that run them.
struct HealthLoops: Sendable {
    /// What the circuits were told.
    let changes = Shared<[HealthChange]>([])
    private let client: Client
    private let store: HealthStore
    private let destination: Destination
    private let processes: ServiceGroup

    init(
        _ database: TestDatabase, count: Int = 1, concurrency: Int = 16,
        traffic: @escaping HealthLoop.Traffic = { _, _ in (nil, nil) },
        onChange: @escaping HealthLoop.OnChange = { _ in }
    ) async throws {
        client = database.client(statements: TenantStore.statements + HealthStore.statements, connections: 4)
        store = HealthStore(client)
        let tenants = TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey()))
        let tenant = try await tenants.createTenant(named: "t")
        destination = try await tenants.putDestination(
            DestinationSettings(name: "sink", baseURL: "http://127.0.0.1:9"), tenant: tenant.id, shard: tenant.shard)
        var configuration = HealthConfiguration()
        configuration.concurrency = concurrency
        configuration.pollInterval = .milliseconds(20)
        configuration.drainTimeout = .milliseconds(50)
        let loops = try (0..<count).map { [configuration, store, changes] _ in
            HealthLoop(
                worker: .new(), node: .only, configuration: configuration, store: store,
                probe: try HealthProbe(eventLoops: MultiThreadedEventLoopGroup.singleton, egress: .loopback),
                traffic: traffic,
                onChange: { change in
                    try await onChange(change)
                    changes.update { $0.append(change) }
                }, logger: quiet)
        }
        processes = ServiceGroup(services: loops, logger: quiet)
    }

    /// Makes a check that is due now and checks often.
    @discardableResult
    func put(
        _ target: String, interval: Double = 0.05, timeout: Duration = .seconds(20)
    ) async throws -> HealthCheckDefinition {
        var definition = HealthCheckDefinition(
            shard: destination.lane.shard, tenant: destination.tenant, destination: destination.id, kind: .http,
            target: target)
        definition.timeout = timeout
        definition.policy = .direct
        definition.overrides = .init([
            "interval_s": .number(interval), "idle_s": .number(interval), "fast_s": .number(0.02),
            "down_s": .number(0.05), "down_max_s": .number(0.05),
        ])
        try await store.put(definition)
        try await makeDue(definition.id)
        return definition
    }

    /// What the circuit was told of a check; a change that was told twice counts once.
    func history(_ check: HealthCheckDefinition) -> [Bool] {
        changes.value.lazy.filter { $0.check == check.id }.map(\.isUp).reduce(into: []) { history, isUp in
            if history.last != isUp { history.append(isUp) }
        }
    }

    func makeDue(_ check: HealthCheckID) async throws {
        _ = try await client.execute(
            Statement("UPDATE sluice.health_check SET next_at = clock_timestamp() WHERE check_id = $1"),
            Parameters(check.uuid))
    }

    func list() async throws -> [HealthRecord] {
        try await store.list(of: destination.id, tenant: destination.tenant, shard: destination.lane.shard)
    }

    func leases() async throws -> Int64 {
        let rows = try await client.query(Statement("SELECT count(lease_token) FROM sluice.health_check"))
        return try rows[0].decode(0)
    }

    func now() async throws -> Timestamp {
        try await client.query(Statement("SELECT clock_timestamp()"))[0].decode(0)
    }

    /// Runs the processes while the body does, then shuts them down.
    func run(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await processes.run() }
            do {
                try await body()
            } catch {
                await processes.triggerGracefulShutdown()
                throw error
            }
            await processes.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }
}

func withHealthLoops(
    _ count: Int = 1, concurrency: Int = 16, traffic: @escaping HealthLoop.Traffic = { _, _ in (nil, nil) },
    onChange: @escaping HealthLoop.OnChange = { _ in }, _ body: (HealthLoops) async throws -> Void
) async throws {
    try await withDatabase { database in
        let loops = try await HealthLoops(
            database, count: count, concurrency: concurrency, traffic: traffic, onChange: onChange)
        try await loops.run { try await body(loops) }
    }
}

import API
import Circuits
import Model
import Postgres
import Requests
import ServiceLifecycle
import Tenants
import TestSupport

@testable import Dashboard

/// An API with pages on a database of its own. Two tenants, `a` and `b`, have a destination `hook` each.
struct Site: Sendable {
    static let operatorToken = "the operator's token"

    let url: String
    let client: Client
    let tenants: TenantStore
    let snapshots: SnapshotLoop
    let keys: [APIKey]
    let owners: [Tenant]
    let destination: Destination
    let stop: @Sendable () async -> Void

    func browser() -> Browser { Browser(url: url) }

    /// Logged in with a key or the operator's token.
    func browser(_ key: String) async throws -> Browser {
        var browser = browser()
        let seen = try await browser.post("/login", [("key", key)])
        guard seen.status == 303, let cookie = seen.cookie else { throw NeverHappened("no login: \(seen.status)") }
        browser.cookie = cookie
        return browser
    }

    /// Stores a request of the first tenant, and lets it be claimed.
    func add(path: String = "/hook", headers: HeaderLines = HeaderLines(), body: [UInt8]) async throws -> RequestID {
        let id = RequestID.new()
        let addressee = Addressee.destination(destination.id, lane: destination.lane)
        let request = NewRequest(
            id: id, tenant: destination.tenant, addressee: addressee, method: "POST", path: path, query: nil,
            headers: headers, body: body)
        let deliveries = DeliveryStore(client)
        _ = try await client.execute(
            RequestStore.statements[0],
            Parameters(storing: [request], keyWindow: .seconds(60), again: false))
        try await deliveries.arm(destination.lanes)
        return id
    }

    /// Ends what waits as dead letters.
    func fail(_ error: String) async throws {
        let deliveries = DeliveryStore(client)
        let claim = try await deliveries.claim(
            shard: destination.lane.shard, worker: .new(), limits: DeliveryStore.ClaimLimits())
        var outcome = Outcome(.dead, .rejected, latency: .milliseconds(3))
        outcome.status = 418
        outcome.error = error
        _ = try await deliveries.report(claim.deliveries.map { Report($0, outcome) }, within: .seconds(10))
    }
}

func withSite(_ body: (Site) async throws -> Void) async throws {
    try await withDatabase { database in
        let client = database.client(
            statements: APIStores.statements + RequestStore.statements + DeliveryStore.claimStatements
                + DeliveryStore.reportStatements, connections: 2)
        let writer = database.client(statements: RequestStore.statements, acting: .worker) {
            $0.sessionSettings += RequestStore.sessionSettings
        }
        let scoped = database.client(
            statements: APIStores.statements + StatisticsReader.statements, connections: 2, acting: .api)
        let operators = database.client(
            statements: APIStores.operatorStatements + StatisticsReader.statements, acting: .worker)
        let armer = database.client(statements: ArmLoop.statements, acting: .worker)
        let secrets = try SecretBox(base64: SecretBox.newKey())
        let tenants = TenantStore(client, secrets: secrets)
        var (owners, keys): ([Tenant], [APIKey]) = ([], [])
        var destinations: [Destination] = []
        for name in ["a", "b"] {
            let (tenant, key) = (try await tenants.createTenant(named: name), APIKey.new())
            try await tenants.createKey(key, label: "test", tenant: tenant.id, shard: tenant.shard)
            let settings = DestinationSettings(name: "hook", baseURL: "http://127.0.0.1:9")
            destinations.append(try await tenants.putDestination(settings, tenant: tenant.id, shard: tenant.shard))
            owners.append(tenant)
            keys.append(key)
        }
        let snapshots = SnapshotLoop(TenantStore(operators, secrets: secrets), logger: quiet)
        try await snapshots.load()
        let arm = ArmLoop(armer, logger: quiet)
        let store = RequestStore(writer, keyWindow: .seconds(60), arm: arm, traffic: Traffic())
        let stores = APIStores(scoped, operators: operators, secrets: secrets)
        let dashboard = Dashboard(
            stores: stores, statistics: StatisticsReader(scoped), allStatistics: StatisticsReader(operators),
            snapshot: { snapshots.current }, secrets: secrets, arm: { arm.arm($0) }, logger: quiet)
        var configuration = APIConfiguration()
        configuration.port = 0
        configuration.operatorToken = OperatorToken(Site.operatorToken)
        let listening = Shared(0)
        let server = APIServer(
            configuration: configuration, snapshot: { snapshots.current }, store: store, stores: stores,
            waiters: OutcomeWaiters(), trial: DestinationTrial { _, _ in Outcome(.dead, .rejected) },
            arm: { arm.arm($0) }, isReady: { true }, pages: dashboard.routes, logger: quiet,
            onListening: { port in listening.update { $0 = port } })
        let services = ServiceGroup(services: [arm, store, server, dashboard], logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            try await eventually { listening.value != 0 }
            let site = Site(
                url: "http://127.0.0.1:\(listening.value)", client: client, tenants: tenants, snapshots: snapshots,
                keys: keys, owners: owners, destination: destinations[0],
                stop: { await services.triggerGracefulShutdown() })
            do {
                try await body(site)
            } catch {
                await services.triggerGracefulShutdown()
                throw error
            }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }
}

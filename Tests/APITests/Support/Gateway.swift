import Circuits
import Model
import Postgres
import Requests
import ServiceLifecycle
import Tenants
import TestSupport

@testable import API

/// An API server on a database of its own, with two tenants that have a destination `hook` each.
struct Gateway: Sendable {
    static let shard: Int16 = 7

    let port: Int
    let client: Client
    let key: APIKey
    let otherKey: APIKey
    let destination: Destination
    let isReady: Shared<Bool>
    let routes: [Route]
    let tenants: TenantStore
    let snapshots: SnapshotLoop
    let waiters: OutcomeWaiters
    /// Of trials.
    let tried: Shared<[Destination]>
    /// Begins a graceful shutdown.
    let stop: @Sendable () async -> Void

    static let operatorToken = "the operator's token"

    func connect() async throws -> RawConnection { try await RawConnection(port: port) }

    /// One exchange on a connection of its own.
    func send(
        _ method: String = "POST", _ target: String = "/in/hook", key: APIKey? = nil, _ headers: [String] = [],
        body: [UInt8] = []
    ) async throws -> Answer {
        let connection = try await connect()
        try await connection.send(
            head(method, target, headers + ["Sluice-Key: \((key ?? self.key).text)", "Content-Length: \(body.count)"]))
        try await connection.send(body)
        return try await connection.answer(hasBody: method != "HEAD")
    }

    /// One exchange as the operator; the body is JSON.
    func administer(_ method: String, _ target: String, _ json: String = "") async throws -> Answer {
        let connection = try await connect()
        try await connection.send(
            head(
                method, "/admin/v1/" + target,
                ["Authorization: Bearer \(Self.operatorToken)", "Content-Length: \(json.utf8.count)"]) + json)
        return try await connection.answer(hasBody: method != "HEAD")
    }

    func post(_ json: String) async throws -> Answer { try await post("application/json", json) }

    func post(_ type: String, _ body: String) async throws -> Answer {
        try await send("POST", "/v1/requests", ["Content-Type: \(type)"], body: Array(body.utf8))
    }

    func head(_ headers: [String]) -> String { head("POST", "/in/hook", headers) }

    func head(_ method: String, _ target: String, _ headers: [String]) -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: gateway\r\n" + headers.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    var authorized: String { "Sluice-Key: \(key.text)" }
}

extension Gateway {
    struct Stored: Equatable {
        var method: String
        var path: String
        var query: String?
        var headers: String
        var body: [UInt8]
    }

    func stored(_ id: String) async throws -> Stored? {
        let statement = Statement(
            "SELECT method, path, query, headers, body FROM sluice.request WHERE request_id = '\(id)'::uuid")
        return try await client.query(statement).first.map { row in
            Stored(
                method: try row.decode(0), path: try row.decode(1), query: try row.decode(2),
                headers: try row.decode(3),
                body: try row.decode(4, as: Bytea.self).bytes)
        }
    }

    func count() async throws -> Int64 {
        try await client.query(Statement("SELECT count(*) FROM sluice.request")).first?.decode(0) ?? -1
    }
}

func withGateway(
    _ configuration: APIConfiguration = APIConfiguration(), waiterLimit: Int = 10, hearsOutcomes: Bool = true,
    pages: [Route] = [], _ body: (Gateway) async throws -> Void
) async throws {
    try await withDatabase {
        try await withGateway(
            on: $0, configuration, waiterLimit: waiterLimit, hearsOutcomes: hearsOutcomes, pages: pages,
            body)
    }
}

func withGateway(
    on database: TestDatabase, _ configuration: APIConfiguration = APIConfiguration(),
    operatorToken: String? = Gateway.operatorToken, waiterLimit: Int = 10, hearsOutcomes: Bool = true,
    pages: [Route] = [], _ body: (Gateway) async throws -> Void
) async throws {
    let waiters = OutcomeWaiters(limit: waiterLimit)
    let client = database.client(
        statements: APIStores.statements + DeliveryStore.claimStatements + DeliveryStore.reportStatements
            + ReplayStore.upkeepStatements, connections: 2
    ) { configuration in
        configuration.channels = [OutcomeWaiters.channel]
        configuration.onEvent = { event in
            if case .notification(_, let payload) = event, hearsOutcomes { waiters.hear(payload) }
        }
    }
    let writer = database.client(statements: RequestStore.statements, connections: 2, acting: .worker) {
        $0.sessionSettings += RequestStore.sessionSettings
    }
    let scoped = database.client(statements: APIStores.statements, connections: 2, acting: .api)
    let operators = database.client(statements: APIStores.operatorStatements, acting: .worker)
    let secrets = try SecretBox(base64: SecretBox.newKey())
    let tenants = TenantStore(client, secrets: secrets)
    let (tenant, other) = (try await tenants.createTenant(named: "a"), try await tenants.createTenant(named: "b"))
    let (key, otherKey) = (APIKey.new(), APIKey.new())
    try await tenants.createKey(key, label: "test", tenant: tenant.id, shard: tenant.shard)
    try await tenants.createKey(otherKey, label: "test", tenant: other.id, shard: other.shard)
    let settings = DestinationSettings(name: "hook", baseURL: "http://127.0.0.1:9")
    let destination = try await tenants.putDestination(settings, tenant: tenant.id, shard: tenant.shard)
    try await tenants.putDestination(settings, tenant: other.id, shard: other.shard)
    let snapshots = SnapshotLoop(TenantStore(operators, secrets: secrets), logger: quiet)
    try await snapshots.load()

    var configuration = configuration
    configuration.port = 0
    configuration.operatorToken = operatorToken.flatMap { OperatorToken($0) }
    let armClient = database.client(statements: ArmLoop.statements, acting: .worker)
    let arm = ArmLoop(armClient, logger: quiet)
    let store = RequestStore(writer, keyWindow: .seconds(3600), arm: arm, traffic: Traffic())
    let (isReady, listening) = (Shared(true), Shared(0))
    let tried = Shared<[Destination]>([])
    let trial = DestinationTrial { destination, _ in
        tried.update { $0.append(destination) }
        var outcome = Outcome(.dead, .rejected, latency: .milliseconds(5))
        outcome.status = 418
        return outcome
    }
    let server = APIServer(
        configuration: configuration, snapshot: { snapshots.current }, store: store,
        stores: APIStores(scoped, operators: operators, secrets: secrets), waiters: waiters, trial: trial,
        arm: { arm.arm($0) },
        isReady: { isReady.value }, pages: pages, logger: quiet, onListening: { port in listening.update { $0 = port } }
    )
    let services = ServiceGroup(services: [arm, store, server], logger: quiet)

    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await services.run() }
        try await eventually { listening.value != 0 }
        let gateway = Gateway(
            port: listening.value, client: client, key: key, otherKey: otherKey, destination: destination,
            isReady: isReady, routes: server.responder.router.routes, tenants: tenants, snapshots: snapshots,
            waiters: waiters, tried: tried,
            stop: { await services.triggerGracefulShutdown() })
        do {
            try await body(gateway)
        } catch {
            await services.triggerGracefulShutdown()
            throw error
        }
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
    }
}

extension APIConfiguration {
    static func with(_ adjust: (inout APIConfiguration) -> Void) -> APIConfiguration {
        var configuration = APIConfiguration()
        adjust(&configuration)
        return configuration
    }
}

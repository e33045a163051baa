import API
import Circuits
import Cluster
import Dashboard
import Foundation
import Logging
import Model
import NIOCore
import NIOPosix
import Postgres
import Requests
import SQL
import ServiceLifecycle
import Synchronization
import Telemetry
import Tenants
import Worker

/// The composition root: which parts a process has, and what they share.
struct Gateway {
    struct Roles: OptionSet {
        let rawValue: Int
        static let serve = Roles(rawValue: 1)
        static let work = Roles(rawValue: 2)
    }

    let database: DatabaseConnections
    let settings: Settings
    let secrets: SecretBox
    let logger: Logger

    /// Runs until SIGTERM or SIGINT, then stops in order: first what lets work in, last what records it. Does the same where
    /// the database's schema no longer serves this program, and then throws `.migration`.
    ///
    /// - Parameter port: where the API listens, in place of the settings'; 0 is any that is free.
    func run(_ roles: Roles, port: Int? = nil, onListening: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
        let loop = try Loop()
        defer { loop.stop() }
        try await requireFitDatabase(roles, on: loop)

        // Before anything is measured.
        _ = MetricRegistry.ofProcess
        // Of its own: one that the schema has left behind may not be able to prepare anything else.
        let beats = Client(
            .init(database.transactions, name: "heartbeat", statements: HeartbeatLoop.statements).acting(as: .worker),
            on: loop)
        let heartbeat = HeartbeatLoop(ClusterStore(beats), process: .running(roles), logger: logger)
        try await heartbeat.join()
        let ending: Result<Void, any Error>
        do {
            ending = .success(
                try await run(roles, port: port, heartbeat: heartbeat, on: loop, onListening: onListening))
        } catch {
            ending = .failure(error)
        }
        await heartbeat.leave()
        await beats.close()
        try ending.get()
    }

    /// What a process does once it is known, until it ends.
    private func run(
        _ roles: Roles, port: Int?, heartbeat: HeartbeatLoop, on loop: Loop,
        onListening: @escaping @Sendable (Int) -> Void
    ) async throws {
        let node = Node.only
        let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: Self.eventLoopThreads(roles))
        let operators = Client(
            .init(
                database.transactions, name: "operators",
                statements: APIStores.operatorStatements + TrafficLoop.statements + StatisticsReader.statements
            ).acting(as: .worker), on: loop)
        // With the login's own rights: VACUUM is for owners, before PostgreSQL 17.
        let upkeepClient = Client(.init(database.sessions, name: "upkeep", statements: UpkeepLoop.statements), on: loop)
        let snapshots = SnapshotLoop(TenantStore(operators, secrets: secrets), logger: logger)
        try await snapshots.load()
        let upkeep = UpkeepLoop(
            upkeepClient, node: node, retentionDays: Int32(settings.retentionDays),
            removalGrace: settings.storeDeadline + .seconds(20), logger: logger)
        let traffic = Traffic()
        let isReady = { @Sendable in (try? await operators.query(SQL["tenants.version"], within: .seconds(1))) != nil }
        let monitoring = Monitoring(self, roles, on: loop, eventLoops: eventLoops, isReady: isReady)
        // What counts traffic comes later, and so is stopped before.
        var services: [any Service] =
            monitoring.services + [snapshots, upkeep, TrafficLoop(traffic, operators, logger: logger)]
        var clients = [operators, upkeepClient]

        let waiters = roles.contains(.serve) ? OutcomeWaiters() : nil
        var testSender: TestSender?
        if let waiters {
            let ingest = IngestParts(self, traffic: traffic, loop: loop)
            let tests = TestSender(eventLoops: eventLoops, egress: try settings.egress)
            testSender = tests
            let tenants = Client(
                .init(
                    database.transactions, name: "tenants", connections: 2,
                    statements: APIStores.statements + StatisticsReader.statements
                ).acting(as: .api), on: loop)
            let replica = replicaClient(on: loop)
            clients += ingest.clients + [tenants] + [replica].compactMap { $0 }
            services += [ingest.arm, ingest.store]
            var api = settings.api
            if let port { api.port = port }
            let stores = APIStores(
                tenants, operators: operators, replica: replica.map(reads(of:)), secrets: secrets)
            let arm: @Sendable (LaneID) -> Void = { [arm = ingest.arm] in arm.arm($0) }
            let dashboard = Dashboard(
                stores: stores, statistics: StatisticsReader(tenants), allStatistics: StatisticsReader(operators),
                snapshot: { snapshots.current }, secrets: secrets, arm: arm, logger: logger)
            services.append(
                APIServer(
                    configuration: api, snapshot: { snapshots.current }, store: ingest.store,
                    stores: stores, waiters: waiters,
                    trial: DestinationTrial { await tests.send(to: $0, within: $1) },
                    arm: arm, isReady: isReady, pages: dashboard.routes, metrics: monitoring.registry,
                    eventLoops: eventLoops,
                    logger: logger, onListening: onListening))
            services.append(dashboard)
        }
        var worker: Worker?
        if roles.contains(.work) {
            let made = try Worker(
                database.transactions, on: loop, node: node, configuration: try settings.worker, snapshots: snapshots,
                traffic: traffic, eventLoops: eventLoops, logger: logger)
            services.append(made)
            worker = made
        }
        let listener = listener(
            on: loop, node: node, snapshots: snapshots, upkeep: upkeep, worker: worker, waiters: waiters,
            heartbeat: heartbeat, echo: monitoring.echo)
        clients.append(listener)

        // The first is shut down last: until then the process works.
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: heartbeat, failureTerminationBehavior: .gracefullyShutdownGroup)]
                    + services.map { .init(service: $0) }, logger: logger))
        let ending: Result<Void, any Error>
        do {
            try await withTaskExecutorPreference(EventLoopExecutor(eventLoops)) { try await group.runUntilSignalled() }
            ending = .success(())
        } catch {
            ending = .failure(error)
        }
        for client in clients { await client.close() }
        try await monitoring.shutdown()
        try await testSender?.shutdown()
        try await eventLoops.shutdownGracefully()
        try ending.get()
    }

    /// Deliveries are most of a worker's cost, so it has a loop for each core. An API alone leaves half of them to the
    /// database's loop and, on a small machine, to PostgreSQL; each further loop costs wake-ups between loops.
    private static func eventLoopThreads(_ roles: Roles) -> Int {
        roles.contains(.work) ? System.coreCount : max(1, System.coreCount / 2)
    }

    /// One LISTEN connection a process. After each (re)connect everything is read again: what was announced meanwhile is lost.
    private func listener(
        on loop: Loop, node: Node, snapshots: SnapshotLoop, upkeep: UpkeepLoop, worker: Worker?,
        waiters: OutcomeWaiters?, heartbeat: HeartbeatLoop, echo: ListenerEcho
    ) -> Client {
        var configuration = Client.Configuration(database.sessions, name: "listen")
        configuration.channels =
            ["sluice_config", echo.channel] + (worker == nil ? [] : ["sluice_work", ArmLoop.channel, "sluice_circuit"])
            + (waiters == nil ? [] : [OutcomeWaiters.channel])
        configuration.onEvent = { [logger] event in
            switch event {
            case .connected:
                snapshots.invalidate()
                upkeep.reconcileNow()
                heartbeat.beatNow()
                worker?.ring(node.shards)
                worker?.circuitsChanged()
                waiters?.ringAll()
            case .disconnected(let error):
                if error.code != .closed { logger.warning("database connection lost", metadata: ["error": "\(error)"]) }
            case .notification("sluice_work", let payload):
                worker?.ring(payload.split(separator: ",").compactMap { Int16($0) })
            case .notification(ArmLoop.channel, let payload):
                worker?.hearOfWork(payload)
            case .notification(OutcomeWaiters.channel, let payload):
                waiters?.hear(payload)
            case .notification(echo.channel, let payload):
                echo.hear(payload)
            case .notification("sluice_circuit", _):
                worker?.circuitsChanged()
            case .notification:
                snapshots.invalidate()
            }
        }
        return Client(configuration, on: loop)
    }

    private func requireFitDatabase(_ roles: Roles, on loop: Loop) async throws {
        let client = Client(.init(database.sessions, name: "start", statements: Membership.statements), on: loop)
        let needed: [DatabaseRole] = roles.contains(.serve) ? [.api, .worker] : [.worker]
        let lacking = try await Membership.all(client).filter { !$0.isHeld && needed.map(\.rawValue).contains($0.role) }
        // Without a role it can't read how far it is migrated.
        if let first = lacking.first, first.exists {
            throw PostgresError(.server, "\(first.login) may not act as \(first.role); run: \(first.remedy)")
        }
        let pending = try await Migrator(SQL.migrations, logger: logger).pending(client)
        await client.close()
        guard pending.isEmpty else {
            throw PostgresError(
                .migration, "the database lacks \(pending.count) migrations, from \(pending[0]) on; run: sluice migrate"
            )
        }
    }
}

extension ClusterProcess {
    fileprivate static func running(_ roles: Gateway.Roles) -> ClusterProcess {
        let all: [(Gateway.Roles, Role)] = [(.serve, .serve), (.work, .work)]
        return ClusterProcess(
            level: SQL.level, roles: all.filter { roles.contains($0.0) }.map(\.1),
            host: ProcessInfo.processInfo.hostName,
            pid: ProcessInfo.processInfo.processIdentifier)
    }
}

/// What stores requests and arms their lanes.
private struct IngestParts {
    let arm: ArmLoop
    let store: RequestStore
    let clients: [Client]

    init(_ gateway: Gateway, traffic: Traffic, loop: Loop) {
        var configuration = Client.Configuration(
            gateway.database.transactions, name: "ingest", connections: 2, statements: RequestStore.statements
        ).acting(as: .worker)
        configuration.sessionSettings += RequestStore.sessionSettings
        let storeClient = Client(configuration, on: loop)
        let armClient = Client(
            .init(gateway.database.transactions, name: "arm", statements: ArmLoop.statements).acting(as: .worker),
            on: loop)
        arm = ArmLoop(armClient, logger: gateway.logger)
        store = RequestStore(
            storeClient, keyWindow: gateway.settings.idempotencyWindow, arm: arm, traffic: traffic)
        clients = [storeClient, armClient]
    }
}

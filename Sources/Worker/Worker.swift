import Circuits
package import Logging
package import Model
package import NIOCore
import NIOPosix
package import Postgres
package import Requests
import ServiceLifecycle
package import Tenants

package struct WorkerConfiguration: Sendable {
    /// Deliveries under way at the same time, from claim to recorded outcome.
    package var concurrency = 512
    /// Bodies and heads of those, in memory.
    package var bytes = 32 << 20
    /// How long a stopping worker lets attempts finish before it hands them back.
    package var drainTimeout = Duration.seconds(20)
    /// Where deliveries, health checks and token fetches may connect.
    package var egress = EgressRules()

    package init() {}
}

/// Delivers: claims, sends, reports. Any number of them share a database.
package struct Worker: Service {
    private let claims: ClaimLoop
    private let circuits: CircuitLoop
    private let health: HealthLoop
    private let watch: CircuitWatch
    private let reporter: Reporter
    private let rollouts: RolloutLoop
    private let arm: ArmLoop
    private let outlets: [Outlet]
    private let tokenSender: HTTPSender
    private let clients: [Client]
    /// Claims and reports are made where their connections are.
    private let executor: any TaskExecutor
    private let logger: Logger

    /// Throws where the system's trusted certificates can't be read.
    ///
    /// - Parameter snapshots: is running, or will be.
    package init(
        _ settings: ConnectionSettings, on loop: Loop, node: Node, configuration: WorkerConfiguration,
        snapshots: SnapshotLoop, traffic: Traffic,
        eventLoops: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger
    ) throws {
        let egress = AddressGuard(configuration.egress)
        let tokenSender = HTTPSender(eventLoops: eventLoops, egress: egress)
        let credentials = Credentials(sender: tokenSender)
        self.tokenSender = tokenSender
        outlets = eventLoops.makeIterator().map { Outlet($0, egress: egress, credentials: credentials) }
        func client(_ name: String, _ statements: [Statement]) -> Client {
            Client(.init(settings, name: name, statements: statements).acting(as: .worker), on: loop)
        }
        let claimClient = client("claim", DeliveryStore.claimStatements)
        let reportClient = client("report", DeliveryStore.reportStatements)
        let armClient = client("arm", ArmLoop.statements)
        executor = loop
        let circuitClient = client("circuits", CircuitStore.statements + HealthStore.statements)
        let rolloutClient = client("rollouts", RolloutStore.statements)
        clients = [claimClient, reportClient, armClient, circuitClient, rolloutClient]
        arm = ArmLoop(armClient, logger: logger)
        reporter = Reporter(DeliveryStore(reportClient), arm: arm, logger: logger)
        let worker = WorkerID.new()
        let circuitStore = CircuitStore(circuitClient)
        let policies = CircuitPolicies(circuitStore, snapshots)
        watch = CircuitWatch(logger: logger)
        let rolloutCounts = RolloutCounts()
        rollouts = RolloutLoop(
            node: node, counts: rolloutCounts, store: RolloutStore(rolloutClient), logger: logger)
        let dispatcher = Dispatcher(
            reporter: reporter, watch: watch, policies: policies, rollouts: rolloutCounts, traffic: traffic
        ) { lane in
            if let known = snapshots.current.destination(lane) { return known }
            // Made a moment ago: a claim can be faster than the news of its destination.
            try? await snapshots.load()
            return snapshots.current.destination(lane)
        }
        claims = ClaimLoop(
            worker: worker, node: node, configuration: configuration, store: DeliveryStore(claimClient),
            outlets: outlets, dispatcher: dispatcher, arm: arm, watch: watch, logger: logger)
        let healthStore = HealthStore(circuitClient)
        let healthProbe = try HealthProbe(eventLoops: eventLoops, egress: configuration.egress)
        circuits = CircuitLoop(
            worker: worker, node: node, store: circuitStore, policies: policies, watch: watch, arm: arm,
            probing: Probing(
                worker: worker, store: DeliveryStore(claimClient), dispatcher: dispatcher, outlet: outlets[0],
                health: healthStore, healthProbe: healthProbe, logger: logger), logger: logger)
        health = HealthLoop(
            worker: worker, node: node, store: healthStore, probe: healthProbe,
            traffic: { tenant, destination in
                guard let known = snapshots.current.destination(destination) else { return (nil, nil) }
                let key = CircuitKey(shard: known.lane.shard, tenant: tenant, destination: destination)
                return (try? await circuitStore.traffic(key)) ?? (nil, nil)
            },
            onChange: { [circuits] change in try await circuits.hear(change) }, logger: logger)
        self.logger = logger
    }

    /// The shards may have work.
    package func ring(_ shards: some Sequence<Int16>) { claims.ring(shards) }

    /// - Parameter payload: of a notification on `ArmLoop.channel`.
    package func hearOfWork(_ payload: String) { arm.hear(payload) }

    /// Circuits have changed, or may have.
    package func circuitsChanged() { watch.invalidate() }

    /// Runs until a graceful shutdown: stops claiming, finishes or hands back, records, closes its connections.
    package func run() async throws {
        // Circuits stop before the health checks, whose probe they use; rollouts after the last outcome.
        let parts: [any Service] = [arm, rollouts, reporter, health, circuits, claims]
        let services = parts.map {
            ServiceGroupConfiguration.ServiceConfiguration(service: $0, successTerminationBehavior: .ignore)
        }
        let group = ServiceGroup(configuration: .init(services: services, logger: logger))
        do {
            try await withTaskExecutorPreference(executor) { try await group.run() }
        } catch {
            try? await close()
            throw error
        }
        try await close()
    }

    private func close() async throws {
        for outlet in outlets { try await outlet.deliverer.sender.shutdown() }
        try await tokenSender.shutdown()
        for client in clients { await client.close() }
    }
}

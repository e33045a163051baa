import Circuits
import Model
import Postgres
import Requests
import SQL
import Tenants

/// What circuits do when destinations fail and heal, over several worker processes, and what they cost.
package enum CircuitBench {
    package static func run(held: Int, workers: Int, requests: Int, rounds: Int) async throws -> Results {
        try await BenchServer.with { server in
            var results = Results("circuits")
            let loop = try Loop()
            defer { loop.stop() }
            let client = server.client(on: loop)
            let configure = server.client(
                on: loop, statements: TenantStore.statements + CircuitStore.statements + DeliveryStore.claimStatements)
            try await results.describe(client)
            let site = CircuitSite(
                server: server, client: client, tenants: TenantStore(configure, secrets: try Fixture.secrets()),
                circuits: CircuitStore(configure), deliveries: DeliveryStore(configure))
            try await OutageRun(site: site, workers: workers, rounds: rounds).measure(into: &results)
            try await RampRun(site: site, workers: workers).measure(into: &results)
            try await BookkeepingRun(site: site, requests: requests, rounds: rounds).measure(into: &results)
            try await HoldRun(site: site, held: held).measure(into: &results)
            await client.close()
            await configure.close()
            return results
        }
    }
}

/// What the runs share.
struct CircuitSite {
    let server: BenchServer
    let client: Client
    let tenants: TenantStore
    let circuits: CircuitStore
    let deliveries: DeliveryStore

    func destination(_ name: String, url: String, maxInFlight: Int32 = 64) async throws -> Fixture {
        let fixture = try await Fixture.make(tenants, name: name, url: url, maxInFlight: maxInFlight)
        // Waits short enough to see many in a run.
        try await circuits.put(
            .init(["wait_base_s": .number(1), "wait_cap_s": .number(2)]), shard: fixture.shard, tenant: fixture.tenant,
            destination: fixture.destinations[0].id)
        return fixture
    }

    func key(_ fixture: Fixture) -> CircuitKey {
        CircuitKey(shard: fixture.shard, tenant: fixture.tenant, destination: fixture.destinations[0].id)
    }

    func circuit(_ fixture: Fixture) async throws -> Circuit {
        guard let reading = try await circuits.read(key(fixture)) else { throw BenchError("the circuit is gone") }
        return reading.circuit
    }

    /// Returns the times of a circuit's events of a reason.
    func times(_ reason: Circuit.Reason, _ fixture: Fixture) async throws -> [Timestamp] {
        try await client.query(
            SQL["bench.circuit_times"],
            Parameters(fixture.shard, fixture.tenant.uuid, fixture.destinations[0].id.uuid, reason.rawValue)
        ).map { try $0.decode(0) }
    }

    /// Stores requests and arms the lane, as ingest would have.
    func fill(_ fixture: Fixture, count: Int, first: Int64) async throws {
        try await fixture.fill(client, fixture.destinations[0], count: count, body: kibibyte, first: first)
        try await deliveries.arm([fixture.destinations[0].lane])
    }

    func wait(_ seconds: Int, for what: String, until isTrue: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try await !isTrue() {
            guard ContinuousClock.now < deadline else { throw BenchError("\(what) did not come in \(seconds) s") }
            // Fine beside seconds, and a look costs the server little.
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

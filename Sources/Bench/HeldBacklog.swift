import Model
import Postgres
import SQL
import Tenants

/// Requests that wait behind closed gates. With and without them the same requests are stored, and the tables are
/// settled, so that a comparison shows what waiting costs and nothing else.
struct HeldBacklog {
    private static let lanes = 50

    private let client: Client
    private let fixture: Fixture

    static func make(_ count: Int, _ store: TenantStore, _ client: Client, url: String) async throws -> HeldBacklog {
        let fixture = try await Fixture.make(store, name: "held", destinations: lanes, url: url)
        let backlog = HeldBacklog(client: client, fixture: fixture)
        _ = try await client.execute(SQL["bench.hold"], backlog.owner)
        for (number, destination) in fixture.destinations.enumerated() {
            try await fixture.fill(
                client, destination, count: count / lanes, body: Array(kibibyte.prefix(100)),
                first: Int64(number) << 32)
        }
        try await BenchServer.settle(client)
        return backlog
    }

    func release() async throws {
        _ = try await client.execute(SQL["bench.release"], owner)
        try await BenchServer.settle(client)
    }

    private var owner: Parameters { Parameters(fixture.shard, fixture.tenant.uuid) }
}

import HTTPTypes
import JSON
import Tenants

/// `GET /v1/usage`: what the tenant takes, and what it may.
struct UsageEndpoint: Sendable {
    /// What waits is counted so far.
    private static let countedTo: Int64 = 10_000

    let store: TenantStore

    var routes: [Route] { [.tenant(.read, .get, "/v1/usage", show)] }

    private func show(_ call: Call, _ caller: Caller) async throws -> Answer {
        guard let tenant = call.snapshot.tenant(caller.tenant) else {
            throw Problem(.notFound, "The tenant is gone.")
        }
        async let inFlight = store.inFlight(of: tenant.id, shard: tenant.shard)
        let counted = try await store.waiting(of: tenant.id, shard: tenant.shard, limit: Self.countedTo + 1)
        let flying = try await inFlight
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("waiting")
            writer.number(min(counted, Self.countedTo))
            writer.name("waiting_is_more")
            writer.bool(counted > Self.countedTo)
            writer.name("in_flight")
            writer.number(flying)
            writer.name("quotas")
            writer.object { tenant.quotas.write(to: &$0) }
        }
        return Answer(.ok, json: writer)
    }
}

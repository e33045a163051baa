import FoundationEssentials
import Model
import Postgres
import SQL
import Tenants
import TestSupport
import Testing

/// What a list of circuits costs must not depend on how much waits behind them, nor on how many destinations there are.
@Suite(.serialized) struct CircuitListCostTests {
    private static let destinations = 2_000
    /// Destinations for which something waits, on the first page.
    private static let busy = 20

    @Test(.timeLimit(.minutes(5))) func aPageCostsTheSameWhateverWaits() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            try await fill(site, tenant)
            try await wait(site, tenant, 200)
            let few = try await (cost("circuits.page", site, tenant), cost("circuits.attention", site, tenant))
            try await wait(site, tenant, 5_000)
            let many = try await (cost("circuits.page", site, tenant), cost("circuits.attention", site, tenant))
            #expect(many.0 <= few.0 + 10 * Self.busy, "\(few.0) buffers, then \(many.0)")
            #expect(many.1 <= few.1 + 10 * Self.busy, "\(few.1) buffers, then \(many.1)")
            // Some 20 for each row of a page.
            #expect(few.0 < 51 * 60 && few.1 < 51 * 60, "\(few) buffers")
        }
    }

    private func fill(_ site: Site, _ tenant: TenantID) async throws {
        for sql in [
            """
            INSERT INTO sluice.destination (shard, tenant_id, destination_id, name, base_url)
            SELECT $1, $2, ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'd' || lpad(i::text, 6, '0'), 'http://127.0.0.1:9'
            FROM generate_series(1, \(Self.destinations)) i
            """,
            """
            INSERT INTO sluice.circuit (shard, tenant_id, destination_id, state_since, state)
            SELECT $1, $2, destination_id, now(), CASE WHEN name < 'd0001' THEN 'open' ELSE 'closed' END::sluice.circuit_state
            FROM sluice.destination
            """,
            """
            INSERT INTO sluice.lane (shard, tenant_id, destination_id, max_in_flight, lease, rate_burst, tokens, tokens_at)
            SELECT $1, $2, destination_id, 1, interval '1 minute', 1, 1, now() FROM sluice.destination
            """,
        ] {
            _ = try await site.client.execute(Statement(sql), Parameters(Site.shard, tenant.uuid))
        }
    }

    /// So many more for each of the busy destinations.
    private func wait(_ site: Site, _ tenant: TenantID, _ count: Int) async throws {
        _ = try await site.client.execute(
            Statement(
                """
                INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id)
                SELECT l.shard, 0, 1, l.lane_id, now(), gen_random_uuid()
                FROM (SELECT l.shard, l.lane_id FROM sluice.lane l WHERE l.tenant_id = $1 ORDER BY l.destination_id LIMIT \(Self.busy)) l,
                     generate_series(1, \(count))
                """), Parameters(tenant.uuid))
        for table in ["ready", "lane", "circuit", "destination"] {
            _ = try await site.client.execute(Statement("VACUUM ANALYZE sluice.\(table)"))
        }
    }

    /// Buffers, as the API reads.
    private func cost(_ name: String, _ site: Site, _ tenant: TenantID) async throws -> Int {
        let statement = Statement("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) " + SQL[name].sql)
        let parameters =
            name == "circuits.page"
            ? Parameters(Site.shard, tenant.uuid, "", "", Int32(51), Int64(101))
            : Parameters(Site.shard, tenant.uuid, Int32(51), Int64(101))
        return try await site.client.withConnection { lease in
            let set = Statement("SELECT set_config($1, $2, false)")
            try await lease.execute(set, Parameters("sluice.tenant_id", tenant.description))
            try await lease.execute(set, Parameters("role", "sluice_api"))
            var buffers = 0
            // The first plans.
            for _ in 0..<3 {
                let plan = try await lease.execute(statement, parameters)
                buffers =
                    try plan.map { try $0.decode(0, as: String.self) }.first { $0.contains("Buffers: shared") }
                    .map(Self.buffers) ?? 0
            }
            try await lease.execute(set, Parameters("role", "none"))
            return buffers
        }
    }

    private static func buffers(_ line: String) -> Int {
        line.matches(of: /(?:hit|read)=(\d+)/).reduce(0) { $0 + (Int($1.1) ?? 0) }
    }
}

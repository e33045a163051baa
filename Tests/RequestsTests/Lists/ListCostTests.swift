import FoundationEssentials
import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

/// What a page costs must not depend on how deep it lies, nor on how seldom a filter matches.
@Suite(.serialized) struct ListCostTests {
    static let stored = 200_000

    @Test func everyPageCostsTheSame() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            try await fill(site, destination)
            let top = try await pages(site, destination, before: UUID(high: .max, low: .max))
            let shallow = try await pages(site, destination, before: try await id(site, depth: 10 * 50))
            let deep = try await pages(site, destination, before: try await id(site, depth: 190_000))
            // A row has its request, lane, destination, attempt, and the places where it might wait.
            #expect(100..<1_300 ~= shallow, "\(shallow) buffers")
            #expect(abs(deep - shallow) <= shallow / 20, "\(shallow) buffers at row 500, \(deep) at row 190,000")
            #expect(abs(top - shallow) <= shallow / 20, "\(top) buffers at the top, \(shallow) at row 500")

            // The policies of the API's role are part of the same plan.
            let bound = try await pages(
                site, destination, before: try await id(site, depth: 10 * 50), role: "sluice_api")
            #expect(abs(bound - shallow) <= shallow / 20, "\(shallow) buffers for the owner, \(bound) for the API")

            // Nothing is dead: the search ends when it has examined its share.
            let seldom = try await pages(site, destination, before: UUID(high: .max, low: .max), states: ["dead"])
            #expect(seldom < 25 * 1_000, "\(seldom) buffers")
            var filter = RequestFilter()
            filter.states = [.dead]
            let page = try await RequestReader(site.client).list(
                filter, before: nil, limit: 50, tenant: destination.tenant, shard: Site.shard)
            #expect(page.items.isEmpty)
            #expect(page.next?.uuid == (try await id(site, depth: 999)))
        }
    }

    /// Over three days.
    private func fill(_ site: Site, _ destination: Destination) async throws {
        _ = try await site.client.execute(
            Statement(
                """
                INSERT INTO sluice.request (shard, tenant_id, request_id, destination_id, lanes, method, path, headers, body,
                                            received_at, due_at)
                SELECT $1, $2, (left(sluice.first_request_id((now() AT TIME ZONE 'UTC')::date - i % 2)::text, 14)
                        || '7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid,
                       $3, ARRAY[$4::bigint], 'POST', '', '', '', now(), now()
                FROM generate_series(1, $5) i
                """
            ),
            Parameters(
                Site.shard, destination.tenant.uuid, destination.id.uuid, destination.lane.number, Int32(Self.stored)))
        _ = try await site.client.execute(
            Statement(
                """
                INSERT INTO sluice.attempt (shard, tenant_id, request_id, lane_id, finished_at, number, status, verdict, class,
                                            latency_us, worker)
                SELECT shard, tenant_id, request_id, lanes[1], now(), 1, 200, 'delivered', 'delivered', 1, tenant_id
                FROM sluice.request
                """))
        for table in ["request", "attempt", "lane", "destination"] {
            _ = try await site.client.execute(Statement("VACUUM ANALYZE sluice.\(table)"))
        }
    }

    private func id(_ site: Site, depth: Int) async throws -> UUID {
        try await site.client.value(
            Statement("SELECT request_id FROM sluice.request ORDER BY request_id DESC OFFSET \(depth) LIMIT 1"))
    }

    private func pages(
        _ site: Site, _ destination: Destination, before: UUID, states: [String]? = nil, role: String = "none"
    ) async throws -> Int {
        let list = Statement(
            """
            EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) SELECT * FROM sluice.list_requests(
                $1, $2, '00000000-0000-0000-0000-000000000000', $3, NULL, NULL, $4, NULL, NULL, 51, 1000)
            """)
        return try await site.client.withConnection { lease in
            var buffers = 0
            let set = Statement("SELECT set_config($1, $2, false)")
            try await lease.execute(set, Parameters("sluice.tenant_id", destination.tenant.description))
            try await lease.execute(set, Parameters("role", role))
            // The first plans.
            for _ in 0..<3 {
                let plan = try await lease.execute(
                    list, Parameters(Site.shard, destination.tenant.uuid, before, states))
                buffers =
                    try plan.map { try $0.decode(0, as: String.self) }
                    .first { $0.contains("Buffers: shared") }.map(Self.buffers) ?? 0
            }
            try await lease.execute(set, Parameters("role", "none"))
            return buffers
        }
    }

    private static func buffers(_ line: String) -> Int {
        line.split(separator: " ").reduce(0) { sum, word in
            guard word.hasPrefix("hit=") || word.hasPrefix("read=") else { return sum }
            return sum + (Int(word.drop { $0 != "=" }.dropFirst()) ?? 0)
        }
    }
}

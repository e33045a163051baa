import FoundationEssentials
import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport
import Testing

/// What a claim or a gate costs must not depend on how much is held.
@Suite(.serialized) struct CostTests {
    static let held = 100_000

    /// The same requests are stored in both cases, so that their index has the same height; a tenth of them waits in the
    /// first, so that the plans are those of a table that is not empty.
    @Test func aClaimDoesNotTouchWhatIsHeld() async throws {
        try await withSite { site in
            let tenant = try await site.tenant()
            let busy = try await site.destination("busy", of: tenant) { $0.maxInFlight = 1_000 }
            let closed = try await site.destination("closed", of: tenant)
            try await site.client.setGate("hold", closed.lane)
            try await fill(closed, site)
            try await site.add(100, to: busy)
            try await hold(Self.held / 10, of: closed, site)
            let few = try await buffersOfAClaim(site)
            try await hold(Self.held, of: closed, site)
            let many = try await buffersOfAClaim(site)
            // About ten a row: its places in ready and in_flight with their indexes, and its request by key.
            #expect(100..<1_400 ~= few, "\(few) buffers for 100 rows")
            #expect(Double(many) < Double(few) * 1.1, "\(few) buffers beside a tenth, \(many) beside all")
        }
    }

    /// Lets so many of the stored requests wait.
    private func hold(_ count: Int, of destination: Destination, _ site: Site) async throws {
        _ = try await site.client.execute(
            Statement("DELETE FROM sluice.ready WHERE lane_id = \(destination.lane.number)"))
        _ = try await site.client.execute(
            Statement(
                """
                INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id)
                SELECT shard, 0, 1, lanes[1], due_at, request_id FROM held LIMIT \(count)
                """))
        #expect(try await site.client.backlog(destination.lane) == Int64(count))
    }

    /// The oldest due delivery or the one after it, found by the index.
    @Test func aProbeDoesNotWalkTheBacklog() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            try await fill(destination, site)
            try await hold(Self.held, of: destination, site)
            let first: UUID = try await site.client.value(
                Statement("SELECT request_id FROM held ORDER BY due_at, request_id LIMIT 1"))
            for skip in [nil, first] {
                let pages = try await buffers(
                    "SELECT count(request_id) FROM sluice.claim_probe($1, $2, $3, $4, 1, $5)",
                    Parameters(Site.shard, destination.tenant.uuid, destination.id.uuid, site.worker.uuid, skip), site)
                #expect(1..<80 ~= pages, "\(pages) buffers")
            }
        }
    }

    /// Four index entries and the row: nothing that grows with what waits.
    @Test func aGateIsOneRow() async throws {
        try await withSite { site in
            let destination = try await site.destination()
            try await site.add(10_000, to: destination)
            // The first change of a page after a checkpoint is logged as a whole page; this one does not count.
            try await site.client.setGate("hold", destination.lane)
            try await site.client.setGate("pass", destination.lane)
            let flip = "UPDATE sluice.lane SET gate = 'hold' WHERE shard = $1 AND lane_id = $2"
            let plan = try await site.client.execute(
                Statement("EXPLAIN (ANALYZE, WAL, TIMING OFF) " + flip), key(destination.lane))
            let wal = try plan.map { try $0.decode(0, as: String.self) }.first { $0.contains("WAL:") }
            let bytes = try #require(wal.map { Self.number("bytes", in: $0) })
            #expect(1..<2_048 ~= bytes, "\(bytes) bytes of WAL")
            #expect(try await site.client.execute(Statement(flip), key(destination.lane)).affected == 1)
            #expect(try await site.claim().isEmpty)
            #expect(try await site.client.backlog(destination.lane) == 10_000)
        }
    }

    /// Requests of the lane that wait nowhere yet.
    private func fill(_ destination: Destination, _ site: Site) async throws {
        _ = try await site.client.execute(
            Statement(
                """
                CREATE TABLE held AS
                SELECT $1::smallint AS shard, $2::uuid AS tenant_id,
                       (left(sluice.first_request_id((now() AT TIME ZONE 'UTC')::date)::text, 14)
                        || '7000-8000-' || lpad(i::text, 12, '0'))::uuid AS request_id,
                       ARRAY[$3::bigint] AS lanes, now() AS due_at
                FROM generate_series(1, $4) i
                """
            ), Parameters(Site.shard, destination.tenant.uuid, destination.lane.number, Int32(Self.held)))
        _ = try await site.client.execute(
            Statement(
                """
                INSERT INTO sluice.request (shard, tenant_id, request_id, lanes, method, path, headers, body,
                                            received_at, due_at)
                SELECT shard, tenant_id, request_id, lanes, 'POST', '', '', '', due_at, due_at FROM held
                """))
    }

    private func buffersOfAClaim(_ site: Site) async throws -> Int {
        try await buffers(
            "SELECT count(request_id) FROM sluice.claim(\(Site.shard)::smallint, $1, 1, 16, 256, 1000000, 128)",
            Parameters(site.worker.uuid), site)
    }

    /// In a session whose plans are made; what is claimed is rolled back each time, and what was left is cleared away.
    private func buffers(_ claim: String, _ parameters: Parameters, _ site: Site) async throws -> Int {
        for table in ["ready", "in_flight", "lane"] {
            _ = try await site.client.execute(Statement("VACUUM ANALYZE sluice.\(table)"))
        }
        let explain = Statement("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) " + claim)
        return try await site.client.withConnection { lease in
            var buffers = 0
            for _ in 0..<8 {
                try await lease.execute(Statement("BEGIN"))
                let plan = try await lease.execute(explain, parameters)
                try await lease.execute(Statement("ROLLBACK"))
                let lines = try plan.map { try $0.decode(0, as: String.self) }
                buffers = lines.first { $0.contains("Buffers: shared") }.map(Self.pages) ?? 0
            }
            return buffers
        }
    }

    /// `Buffers: shared hit=1031 read=2 dirtied=2`
    private static func pages(_ line: String) -> Int { number("hit", in: line) + number("read", in: line) }

    private static func number(_ name: String, in line: String) -> Int {
        line.split(separator: " ").lazy.compactMap { word in
            word.hasPrefix(name + "=") ? Int(word.dropFirst(name.count + 1)) : nil
        }.first ?? 0
    }
}

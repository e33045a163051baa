import Model
import Postgres
import Requests
import SQL
import Tenants
import TestSupport
import Testing

/// Deletion and suspension, against all that a tenant may have.
struct TenantRemovalTests {
    /// Requests that wait, are in flight, dead and delivered, with an idempotency key and an API key.
    private func fill(_ site: Site, _ name: String) async throws -> Destination {
        let destination = try await site.destination("d", of: try await site.tenant(name))
        try await site.tenants.createKey(.new(), label: "", tenant: destination.tenant, shard: Site.shard)
        try await site.add(4, to: destination)
        let claimed = try await site.claim().filter { $0.tenant == destination.tenant }
        try await site.report([claimed[0]], .delivered)
        try await site.report([claimed[1]], .dead, .rejected)
        try await site.report([claimed[2]], .retry, .serverError, retryIn: .seconds(3_600))
        try await site.add([
            NewRequest(to: destination, idempotency: Idempotency(key: [1], fingerprint: [2]))
        ])
        return destination
    }

    /// Tables of the catalogue with rows of the tenant; each partition by itself.
    private func tables(with tenant: TenantID, lane: LaneID, _ site: Site) async throws -> Set<String> {
        let names = try await site.client.query(
            Statement(
                """
                SELECT c.relname::text, bool_or(a.attname = 'tenant_id') FROM pg_class c
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('tenant_id', 'lane_id')
                WHERE c.relnamespace = 'sluice'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'config_change'
                GROUP BY c.relname
                """)
        ).map { (try $0.decode(0, as: String.self), try $0.decode(1, as: Bool.self)) }
        #expect(names.count > 10)
        var found: Set<String> = []
        for (name, hasTenant) in names {
            let owner = hasTenant ? "tenant_id = '\(tenant)'" : "lane_id = \(lane.number) AND shard = \(lane.shard)"
            if try await site.client.count("sluice.\(name)", where: owner) > 0 { found.insert(name) }
        }
        return found
    }

    private func remove(_ site: Site, grace: Duration = .zero) async throws -> [Int32] {
        var batches: [Int32] = []
        while true {
            let deleted: Int32 = try await site.client.value(SQL["upkeep.remove_tenants"], Parameters(Int32(2), grace))
            if deleted == 0 { return batches }
            batches.append(deleted)
        }
    }

    @Test func nothingOfADeletedTenantIsLeft() async throws {
        try await withSite { site in
            let (gone, kept) = (try await fill(site, "gone"), try await fill(site, "kept"))
            let before = try await tables(with: kept.tenant, lane: kept.lane, site)
            for table in [
                "request", "ready", "in_flight", "attempt", "dead_letter", "lane", "circuit", "api_key", "destination",
                "idempotency_key", "tenant",
            ] {
                #expect(before.contains(table))
            }
            #expect(try await tables(with: gone.tenant, lane: gone.lane, site) == before)
            try await site.tenants.setState(.deleting, of: "gone")
            let batches = try await remove(site)
            #expect(batches.count > 8 && batches.allSatisfy { $0 <= 2 })
            #expect(try await tables(with: gone.tenant, lane: gone.lane, site) == [])
            #expect(try await tables(with: kept.tenant, lane: kept.lane, site) == before)
            #expect(try await site.tenants.tenant(named: "gone") == nil)
            #expect(try await site.tenants.snapshot().destination(gone.id) == nil)
        }
    }

    /// Nothing is claimed of it, a late report writes nothing, and what a process stored that had not heard is found.
    @Test func nothingIsDeliveredMeanwhile() async throws {
        try await withSite { site in
            let destination = try await site.destination("d", of: try await site.tenant("gone"))
            try await site.add(2, to: destination)
            let flying = try await site.claim { $0.rows = 1 }
            try await site.tenants.setState(.deleting, of: "gone")
            #expect(try await site.claim().isEmpty)
            _ = try await remove(site, grace: .seconds(3_600))
            #expect(try await site.report(flying, .retry, .serverError) == [false])
            // Its row stays for the grace, and so does the removal's eye.
            #expect(try await site.tenants.tenant(named: "gone")?.state == .deleting)
            try await site.add(1, to: destination)
            #expect(try await site.claim().isEmpty)
            _ = try await remove(site)
            #expect(try await tables(with: destination.tenant, lane: destination.lane, site) == [])
        }
    }

    @Test func aSuspendedTenantIsHeldAndGoesOnAfterwards() async throws {
        try await withSite { site in
            let destination = try await site.destination("d", of: try await site.tenant("t"))
            try await site.add(3, to: destination)
            #expect(try await site.tenants.setState(.suspended, of: "t") == [])
            try await site.add(1, to: destination)
            let second = try await site.destination("late", of: destination.tenant)
            try await site.add(1, to: second)
            #expect(try await site.claim().isEmpty)
            _ = try await site.deliveries.reconcile(.only)
            #expect(try await site.claim().isEmpty)
            // A circuit that is judged meanwhile does not open the gate.
            _ = try await site.client.execute(
                SQL["circuits.command"],
                Parameters(
                    Site.shard, destination.tenant.uuid, destination.id.uuid, "force", Timestamp?.none, Int32?.none,
                    "test", "test"))
            #expect(try await site.claim().isEmpty)
            let lanes = try await site.tenants.setState(.active, of: "t")
            #expect(Set(lanes) == [destination.lane, second.lane])
            try await site.deliveries.arm(lanes)
            #expect(try await site.claim().count == 5)
        }
    }

    @Test func aClosedGateStaysClosed() async throws {
        try await withSite { site in
            let destination = try await site.destination("d", of: try await site.tenant("t"))
            _ = try await site.client.execute(
                SQL["circuits.command"],
                Parameters(
                    Site.shard, destination.tenant.uuid, destination.id.uuid, "pause", Timestamp?.none, Int32?.none,
                    "test", "test"))
            try await site.add(1, to: destination)
            try await site.tenants.setState(.suspended, of: "t")
            let lanes = try await site.tenants.setState(.active, of: "t")
            try await site.deliveries.arm(lanes)
            #expect(try await site.claim().isEmpty)
        }
    }
}

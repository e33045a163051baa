import FoundationEssentials
import Model
import Postgres
import SQL
import Tenants
import TestSupport
import Testing

/// What the roles may do with SQL of their own.
@Suite struct RoleTests {
    private func tables(_ client: Client) async throws -> [String] {
        try await client.execute(
            Statement(
                "SELECT name::text FROM sluice.access_tables() WHERE belongs_by IS NOT NULL AND name NOT IN "
                    + "('idempotency_key', 'expiry', 'config_change', 'tenant_reader') ORDER BY name")
        ).map { try $0.decode(0) }
    }

    private func refuses(_ client: Client, _ sql: String) async -> Bool {
        do {
            _ = try await client.execute(Statement(sql))
            return false
        } catch let error as PostgresError {
            return error.sqlState == "42501"
        } catch {
            return false
        }
    }

    @Test func theAPISeesTheRowsOfItsScope() async throws {
        try await withSite { site in
            let (a, b) = (try await Belongings.make("a", on: site), try await Belongings.make("b", on: site))
            let api = site.database.client(acting: .api)
            for table in try await tables(site.client) {
                #expect(try await api.count("sluice.\(table)") == 0, "\(table)")
                for (own, other) in [(a, b), (b, a)] {
                    let seen = try await TenantScope.run(.init(own.tenant)) { try await api.count("sluice.\(table)") }
                    let foreign = table == "ready" ? "lane_id = \(other.lane)" : "tenant_id = '\(other.tenant)'"
                    let mine = table == "ready" ? "lane_id = \(own.lane)" : "tenant_id = '\(own.tenant)'"
                    #expect(try await site.client.count("sluice.\(table)", where: mine) == seen, "\(table)")
                    #expect(seen > 0, "\(table)")
                    let others = try await TenantScope.run(.init(own.tenant)) {
                        try await api.count("sluice.\(table)", where: foreign)
                    }
                    #expect(others == 0, "\(table)")
                }
            }
            for table in ["idempotency_key", "expiry", "tenant_reader", "leadership"] {
                #expect(await refuses(api, "SELECT count(*) FROM sluice.\(table)"), "\(table)")
            }
        }
    }

    @Test func theAPIWritesNothingOfOthers() async throws {
        try await withSite { site in
            let (a, b) = (try await Belongings.make("a", on: site), try await Belongings.make("b", on: site))
            let api = site.database.client(acting: .api)
            try await TenantScope.run(.init(a.tenant)) {
                let policy =
                    "(shard, tenant_id, destination_id, overrides) VALUES (7, '\(b.tenant)', '\(UUID())', '{}')"
                #expect(await refuses(api, "INSERT INTO sluice.circuit_policy \(policy)"))
                let given = "UPDATE sluice.destination SET tenant_id = '\(b.tenant)'"
                #expect(await refuses(api, given))
                let gone = try await api.execute(
                    Statement("DELETE FROM sluice.dead_letter WHERE tenant_id = '\(b.tenant)'"))
                #expect(gone.affected == 0)
                #expect(await refuses(api, "UPDATE sluice.tenant SET max_waiting = 1"))
                #expect(await refuses(api, "UPDATE sluice.request SET body = ''"))
            }
            #expect(try await site.client.count("sluice.dead_letter") == 2)
        }
    }

    @Test func partitionsAreReachedThroughTheirTablesOnly() async throws {
        try await withSite { site in
            let partitions: [String] = try await site.client.execute(
                Statement(
                    "SELECT relname::text FROM pg_class WHERE relnamespace = 'sluice'::regnamespace "
                        + "AND relispartition AND relkind = 'r'")
            ).map { try $0.decode(0) }
            #expect(partitions.count > 4)
            for role in [DatabaseRole.api, .worker] {
                let client = site.database.client(acting: role)
                for partition in partitions {
                    #expect(await refuses(client, "SELECT count(*) FROM sluice.\(partition)"), "\(partition)")
                }
            }
        }
    }

    @Test func workersSeeAllAndChangeNoSchema() async throws {
        try await withSite { site in
            for name in ["a", "b"] { _ = try await Belongings.make(name, on: site) }
            let worker = site.database.client(statements: [SQL["upkeep.ensure_partitions"]], acting: .worker)
            for table in try await tables(site.client) {
                let all = try await site.client.count("sluice.\(table)")
                #expect(try await worker.count("sluice.\(table)") == all, "\(table)")
            }
            for ddl in [
                "CREATE TABLE sluice.t (i integer)", "DROP TABLE sluice.expiry",
                "ALTER TABLE sluice.lane ADD x integer",
                "ALTER TABLE sluice.lane DISABLE ROW LEVEL SECURITY", "CREATE ROLE r", "TRUNCATE sluice.ready",
                "SELECT sluice.apply_access()", "INSERT INTO sluice.tenant_reader VALUES ('x', 7, gen_random_uuid())",
            ] {
                #expect(await refuses(worker, ddl), "\(ddl)")
            }
            #expect(try await worker.value(SQL["upkeep.ensure_partitions"], Parameters(Int32(9)), as: Int32.self) > 0)
            #expect(try await site.client.count("sluice.access_faults()") == 0)
        }
    }

    @Test func readersSeeAllButSecretsAndWriteNothing() async throws {
        try await withSite { site in
            for name in ["a", "b"] { _ = try await Belongings.make(name, on: site) }
            let reader = site.database.client { $0 = $0.taking(role: "sluice_reader") }
            for table in try await tables(site.client) {
                let all = try await site.client.count("sluice.\(table)")
                #expect(try await reader.count("sluice.\(table)") == all, "\(table)")
                #expect(await refuses(reader, "DELETE FROM sluice.\(table)"), "\(table)")
            }
            #expect(try await reader.count("sluice.delivery") == 8)
            for secret in [
                "secrets FROM sluice.destination", "key_hash FROM sluice.api_key", "headers FROM sluice.health_check",
            ] {
                #expect(await refuses(reader, "SELECT \(secret)"), "\(secret)")
            }
            #expect(await refuses(reader, "SELECT sluice.pause_circuit('a', 'to-a', 'because')"))
        }
    }

    /// Under the policies a walk of a backlog would look up the lane of every row.
    @Test func aCountOfABacklogCostsTheAPIWhatItCostsTheOwner() async throws {
        try await withSite { site in
            let own = try await Belongings.make("own", on: site)
            _ = try await site.client.execute(
                Statement(
                    """
                    INSERT INTO sluice.ready (shard, attempts, bytes, lane_id, due_at, request_id)
                    SELECT $1, 0, 1, $2, now(), gen_random_uuid() FROM generate_series(1, 20000)
                    """), Parameters(Site.shard, own.lane))
            _ = try await site.client.execute(Statement("VACUUM ANALYZE sluice.ready"))
            let statement = SQL["circuits.show"]
            let owner = try await site.sharedPages(of: statement, own, as: nil)
            let api = try await site.sharedPages(of: statement, own, as: "sluice_api")
            // Fifty more for the planning of policies' functions; a look-up of each row's lane would be 20,000.
            #expect(owner < 1_000 && api < owner + 50, "\(owner) pages, \(api) under the policies")
        }
    }
}

import FoundationEssentials
import Model
import Postgres
import Tenants
import TestSupport
import Testing

/// A tenant's own login of the database.
@Suite struct TenantReaderTests {
    /// A login, with a client that has logged in as it.
    private func withLogin(_ site: Site, _ body: (String, Client) async throws -> Void) async throws {
        let login = "reader_" + String(UInt64.random(in: .min ... .max), radix: 36)
        _ = try await site.client.execute(Statement("CREATE ROLE \(login) LOGIN PASSWORD '\(login)'"))
        let client = site.database.client { configuration in
            configuration.settings = configuration.settings.with("user", login).with("password", login)
        }
        do {
            try await body(login, client)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
        _ = try await site.client.execute(Statement("DROP ROLE \(login)"))
    }

    private func refuses(_ client: Client, _ sql: String, _ state: String = "42501") async -> Bool {
        do {
            _ = try await client.execute(Statement(sql))
            return false
        } catch let error as PostgresError {
            return error.sqlState == state
        } catch {
            return false
        }
    }

    @Test func readsItsTenantAndNothingElse() async throws {
        try await withSite { site in
            let (a, b) = (try await Belongings.make("a", on: site), try await Belongings.make("b", on: site))
            try await withLogin(site) { login, reader in
                #expect(await refuses(reader, "SELECT * FROM sluice.request"))
                try await site.tenants.grantReader(login, of: "a")
                let tables: [String] = try await site.client.execute(
                    Statement(
                        "SELECT name::text FROM sluice.access_tables() WHERE belongs_by IS NOT NULL "
                            + "AND name NOT IN ('config_change', 'tenant_reader')")
                ).map { try $0.decode(0) }
                #expect(tables.count > 12)
                for table in tables + ["delivery"] {
                    let own = table == "ready" ? "lane_id = \(a.lane)" : "tenant_id = '\(a.tenant)'"
                    let expected = try await site.client.count("sluice.\(table)", where: own)
                    #expect(expected > 0, "\(table)")
                    #expect(try await reader.count("sluice.\(table)") == expected, "\(table)")
                }
                #expect(try await reader.count("sluice.request", where: "body = 'body of a'") == 1)
                // The setting that binds the API is nothing to it.
                let seen = try await TenantScope.run(TenantID(b.tenant)) { try await reader.count("sluice.request") }
                #expect(seen == 4)
                for secret in [
                    "secrets FROM sluice.destination", "key_hash FROM sluice.api_key",
                    "headers FROM sluice.health_check",
                    "vtime FROM sluice.lane", "count(*) FROM sluice.tenant_reader", "count(*) FROM sluice.leadership",
                    "count(*) FROM sluice.config_change",
                ] {
                    #expect(await refuses(reader, "SELECT \(secret)"), "\(secret)")
                }
                for attempt in [
                    "SET ROLE sluice_worker", "SET ROLE sluice_api", "SET SESSION AUTHORIZATION sluice_owner",
                    "INSERT INTO sluice.tenant_reader VALUES ('\(login)', 7, '\(b.tenant)')",
                    "DELETE FROM sluice.request", "UPDATE sluice.destination SET base_url = 'http://127.0.0.1:1'",
                    "SELECT * FROM sluice.backlog(7::smallint, '\(b.tenant)', NULL, 10)",
                    "SELECT sluice.grant_tenant_reader('b', '\(login)')",
                ] {
                    #expect(await refuses(reader, attempt), "\(attempt)")
                }
                // A role that it may take changes nothing: the login counts.
                _ = try await reader.execute(Statement("SET ROLE sluice_tenant_reader"))
                #expect(try await reader.count("sluice.request") == 4)
                #expect(try await reader.count("sluice.tenant") == 1)

                try await site.tenants.revokeReader(login)
                #expect(try await reader.count("sluice.request") == 0)
                _ = try await reader.execute(Statement("RESET ROLE"))
                #expect(await refuses(reader, "SELECT * FROM sluice.request"))
            }
        }
    }

    @Test func isOfOneTenantAndNoOtherRole() async throws {
        try await withSite { site in
            for name in ["a", "b"] { _ = try await site.tenant(name) }
            try await withLogin(site) { login, _ in
                for (tenant, role, words) in [
                    ("nobody", login, "there is no tenant nobody"),
                    ("a", "no_such_login", "there is no role no_such_login"),
                    ("a", "sluice_worker", "more than one tenant"),
                ] {
                    let error = await #expect(throws: PostgresError.self) {
                        try await site.tenants.grantReader(role, of: tenant)
                    }
                    #expect(error?.message.contains(words) == true, "\(String(describing: error))")
                }
                try await site.tenants.grantReader(login, of: "a")
                try await site.tenants.grantReader(login, of: "a")
                let error = await #expect(throws: PostgresError.self) {
                    try await site.tenants.grantReader(login, of: "b")
                }
                #expect(error?.message.contains("reads another tenant") == true)
                try await site.tenants.revokeReader(login)
                await #expect(throws: PostgresError.self) { try await site.tenants.revokeReader(login) }
                try await site.tenants.grantReader(login, of: "b")
                try await site.tenants.revokeReader(login)
            }
        }
    }
}

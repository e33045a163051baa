import Foundation
import Postgres
import TestSupport
import Testing

/// Tenants and keys by the commands, seen by a gateway that runs.
struct TenantCommandTests {
    @Test(.timeLimit(.minutes(2))) func commandsAreSeenByARunningGateway() async throws {
        try await withServer(settings: ["fsync": "on"]) { server in
            try await withProcesses { processes in
                let site = try await Installation(
                    processes, database: server.connectionString, destination: "http://127.0.0.1:9")
                let (_, caller) = try await site.serve()
                func status(_ key: String) async throws -> UInt {
                    try await Caller(url: caller.url, key: key).post("/in/sink", []).status
                }

                let made = try await json(
                    site, ["key", "create", "acme", "--scope", "ingest", "--expires", "1d", "--label", "ci", "--json"])
                let key = try #require(made["key"] as? String)
                let id = try #require(made["id"] as? String)
                try await eventually(within: .seconds(1)) { try await status(key) == 202 }
                let rotated = try await json(site, ["key", "rotate", "acme", id, "--overlap", "600", "--json"])
                let newKey = try #require(rotated["key"] as? String)
                try await eventually(within: .seconds(1)) { try await status(newKey) == 202 }
                #expect(try await status(key) == 202)
                _ = try await site.run(["key", "revoke", "acme", id])
                try await eventually(within: .seconds(1)) { try await status(key) == 401 }
                let keys = try await site.run(["key", "list", "acme"]).split(separator: "\n")
                #expect(keys.count == 4 && keys.contains { $0.hasPrefix(id) && $0.contains("revoked") })

                _ = try await site.run(["tenant", "quota", "acme", "--max-body-bytes", "3"])
                try await eventually(within: .seconds(1)) {
                    try await caller.post("/in/sink", [1, 2, 3, 4]).status == 413
                }
                let shown = try await json(site, ["tenant", "show", "acme", "--json"])
                #expect((shown["quotas"] as? [String: Any])?["max_body_bytes"] as? Int == 3)
                _ = try await site.run(["tenant", "suspend", "acme"])
                try await eventually(within: .seconds(1)) { try await status(newKey) == 403 }
                _ = try await site.run(["tenant", "resume", "acme"])
                try await eventually(within: .seconds(1)) { try await status(newKey) == 202 }
                #expect(try await site.rows(["tenant", "list"]).first?.prefix(2) == ["acme", "active"])
                _ = try await site.run(["tenant", "delete", "acme", "--confirm", "acme"])
                try await eventually(within: .seconds(1)) { try await status(newKey) == 401 }
            }
        }
    }

    /// As a login that is a member of the two roles and nothing else.
    @Test(.timeLimit(.minutes(2))) func aGatewayNeedsNoMoreThanItsRoles() async throws {
        try await withServer(settings: ["fsync": "on"]) { server in
            try await withProcesses { processes in
                let owner = ["SLUICE_DATABASE_URL": server.connectionString]
                #expect(try await processes.run(["migrate"], owner).status == 0)
                try await withClients(of: server.connectionString) { database in
                    let client = database.client()
                    _ = try await client.execute(Statement("CREATE ROLE gateway LOGIN"))
                    let login = server.connectionString.replacing("user=sluice", with: "user=gateway")
                    #expect(login != server.connectionString)
                    let refused = try await processes.run(
                        ["serve"], ["SLUICE_DATABASE_URL": login, "SLUICE_PORT": "0"].merging(Self.secrets) { $1 })
                    #expect(refused.status == 1)
                    #expect(refused.errors.contains("GRANT sluice_api TO \"gateway\""), "\(refused.errors)")
                    let ill = try await processes.run(["doctor"], ["SLUICE_DATABASE_URL": login])
                    #expect(ill.status == 1)
                    _ = try await client.execute(Statement("GRANT sluice_api, sluice_worker TO gateway"))
                    let well = try await processes.run(["doctor"], ["SLUICE_DATABASE_URL": login])
                    #expect(well.status == 0, "\(well.output)\(well.errors)")
                    let site = try await Installation(processes, database: login, destination: "http://127.0.0.1:9")
                    let (_, caller) = try await site.serve()
                    #expect(try await caller.post("/in/sink", []).status == 202)

                    _ = try await client.execute(Statement("CREATE ROLE reports LOGIN"))
                    let granted = try await processes.run(
                        ["tenant", "grant-reader", "acme", "reports"], owner.merging(Self.secrets) { $1 })
                    #expect(granted.status == 0, "\(granted.errors)")
                    let revoked = try await processes.run(
                        ["tenant", "revoke-reader", "reports"], owner.merging(Self.secrets) { $1 })
                    #expect(revoked.status == 0, "\(revoked.errors)")
                    let again = try await processes.run(
                        ["tenant", "revoke-reader", "reports"], owner.merging(Self.secrets) { $1 })
                    #expect(again.status == 1 && again.errors.contains("reports reads no tenant"), "\(again.errors)")
                }
            }
        }
    }

    private static let secrets = ["SLUICE_SECRETS_KEY": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="]

    @Test(.timeLimit(.minutes(2))) func aMistakeIsTold() async throws {
        try await withServer(settings: [:]) { server in
            try await withProcesses { processes in
                let site = try await Installation(
                    processes, database: server.connectionString, destination: "http://127.0.0.1:9")
                let mistakes = [
                    "tenant create Acme", "tenant show nix", "tenant quota acme --ingest-rate 0",
                    "tenant quota acme --max-waiting 1.5", "tenant delete acme --confirm other",
                    "key create acme --scope everything", "key create acme --expires yesterday",
                    "key revoke acme 00000000-0000-0000-0000-000000000000", "key rotate acme x",
                ]
                for mistake in mistakes {
                    await #expect(throws: NeverHappened.self, "\(mistake)") {
                        try await site.run(mistake.split(separator: " ").map { String($0) })
                    }
                }
            }
        }
    }

    private func json(_ site: Installation, _ command: [String]) async throws -> [String: Any] {
        let output = try await site.run(command)
        return try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
    }
}

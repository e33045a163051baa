import Model
import Postgres
import TestSupport
import Testing

@testable import Tenants

struct DestinationStoreTests {
    private static var settings: DestinationSettings {
        var settings = DestinationSettings(name: "billing", baseURL: "https://example.org/hooks")
        settings.retry.schedule = [.zero, .seconds(5)]
        settings.retry.retriedStatuses = [404]
        settings.retry.finalStatuses = [500, 503]
        settings.signingKeys = [
            SigningKey(id: "old", secret: Array(repeating: 1, count: 24)),
            SigningKey(id: "new", algorithm: .ed25519, secret: Array(repeating: 2, count: 32)),
        ]
        settings.headers.append("X-Api-Key", "open sesame")
        settings.auth = .oauth2(
            ClientCredentials(tokenURL: "https://a/token", clientID: "me", clientSecret: "open sesame", scope: "s"))
        settings.tls.clientCertificate = "a certificate"
        settings.tls.clientKey = "open sesame"
        settings.tls.authorities = "authorities"
        return settings
    }

    @Test func everythingComesBackAndNoSecretLiesOpen() async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            let put = try await store.putDestination(Self.settings, tenant: tenant.id, shard: tenant.shard)
            let read = try #require(
                try await store.destination(named: "billing", tenant: tenant.id, shard: tenant.shard))
            #expect(read.settings == Self.settings)
            #expect(read.id == put.id && read.lane == put.lane && read.version == 1 && put.version == 1)
            let rows = try await client.query(Statement("SELECT d::text FROM sluice.destination d"))
            let row: String = try rows[0].decode(0)
            #expect(!row.contains("sesame") && !row.contains("6f70656e20736573616d65"))
        }
    }

    @Test func aChangeOfAnotherVersionIsRefused() async throws {
        try await withStore { store, _ in
            let tenant = try await store.createTenant(named: "acme")
            func put(_ expected: Int64?) async throws -> Int64 {
                try await store.putDestination(
                    Self.settings, tenant: tenant.id, shard: tenant.shard, expected: expected
                ).version
            }
            await #expect(throws: StaleDestination.self) { try await put(1) }
            #expect(try await put(0) == 1)
            await #expect(throws: StaleDestination.self) { try await put(0) }
            #expect(try await put(1) == 2)
            await #expect(throws: StaleDestination.self) { try await put(1) }
            #expect(try await put(nil) == 3)
        }
    }

    @Test func pagesGoByName() async throws {
        try await withStore { store, _ in
            let tenant = try await store.createTenant(named: "acme")
            let other = try await store.createTenant(named: "other")
            for name in ["c", "a", "d", "b"] {
                try await store.putDestination(
                    DestinationSettings(name: name, baseURL: "http://a"), tenant: tenant.id, shard: tenant.shard)
            }
            try await store.putDestination(
                DestinationSettings(name: "x", baseURL: "http://a"), tenant: other.id, shard: other.shard)
            func page(_ from: String) async throws -> [String] {
                try await store.destinations(from: from, limit: 3, tenant: tenant.id, shard: tenant.shard)
                    .map(\.settings.name)
            }
            #expect(try await page("") == ["a", "b", "c"])
            #expect(try await page("c") == ["c", "d"])
            #expect(try await store.destination(named: "x", tenant: tenant.id, shard: tenant.shard) == nil)
        }
    }

    @Test func secretsThatCantBeOpenedAreAFaultOfTheirDestinationOnly() async throws {
        try await withDatabase { database in
            let client = database.client(statements: TenantStore.statements)
            let first = TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey()))
            let tenant = try await first.createTenant(named: "acme")
            try await first.putDestination(Self.settings, tenant: tenant.id, shard: tenant.shard)
            let second = TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey()))
            var plain = DestinationSettings(name: "other", baseURL: "http://a")
            plain.auth = .bearer(token: "t")
            try await second.putDestination(plain, tenant: tenant.id, shard: tenant.shard)
            let snapshot = try await second.snapshot()
            #expect(snapshot.destination(named: "billing", of: tenant.id)?.settings.fault != nil)
            #expect(snapshot.destination(named: "other", of: tenant.id)?.settings == plain)
        }
    }

    @Test func allSecretsAreSealedAnew() async throws {
        try await withDatabase { database in
            let client = database.client(statements: TenantStore.statements)
            let (old, new) = (SecretBox.newKey(), SecretBox.newKey())
            let before = TenantStore(client, secrets: try SecretBox(base64: old))
            let tenant = try await before.createTenant(named: "acme")
            for number in 0..<7 {
                var settings = Self.settings
                settings.name = "d\(number)"
                try await before.putDestination(settings, tenant: tenant.id, shard: tenant.shard)
            }
            let lost = TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey()))
            var foreign = Self.settings
            foreign.name = "d9"
            try await lost.putDestination(foreign, tenant: tenant.id, shard: tenant.shard)

            let during = TenantStore(client, secrets: try SecretBox(base64: new, old: [old]))
            let resealing = try await during.resealSecrets(batch: 2)
            #expect(resealing.resealed == 7)
            #expect(resealing.failures.count == 1 && resealing.failures.first?.contains("d9") == true)
            #expect(try await during.resealSecrets(batch: 2).resealed == 0)

            let after = TenantStore(client, secrets: try SecretBox(base64: new))
            var expected = Self.settings
            for number in 0..<7 {
                expected.name = "d\(number)"
                let read = try await after.destination(
                    named: "d\(number)", tenant: tenant.id, shard: tenant.shard)
                #expect(read?.settings == expected)
            }
        }
    }
}

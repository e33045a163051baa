import Model
import Postgres
import TestSupport
import Testing

@testable import Tenants

struct SourceStoreTests {
    private static func settings(_ name: String = "s") throws -> SourceSettings {
        var settings = SourceSettings(name: name, target: .topic(try #require(Topic("a"))), scheme: .github)
        settings.secrets = [try #require(SourceSecret(id: "1", scheme: .github, text: "open sesame"))]
        return settings
    }

    private func put(
        _ store: TenantStore, _ settings: SourceSettings, _ token: SourceToken, of tenant: Tenant,
        expected: Int64? = nil
    ) async throws -> TenantStore.Put<Source> {
        try await store.putSource(
            settings, to: nil, token: token, tenant: tenant.id, shard: tenant.shard, expected: expected)
    }

    @Test func everythingComesBackAndNeitherSecretNorTokenLiesOpen() async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            let token = SourceToken.new()
            _ = try await put(store, try Self.settings(), token, of: tenant)
            let read = try #require(try await store.source(named: "s", tenant: tenant.id, shard: tenant.shard))
            #expect(try read.settings == Self.settings() && read.version == 1)
            let row: String = try await client.query(Statement("SELECT s::text FROM sluice.source s"))[0].decode(0)
            #expect(!row.contains("sesame") && !row.contains("736573616d65") && !row.contains(token.text))
        }
    }

    @Test func thereIsALimit() async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            _ = try await put(store, try Self.settings("s1"), .new(), of: tenant)
            _ = try await client.execute(
                Statement(
                    """
                    INSERT INTO sluice.source (shard, tenant_id, source_id, name, topic, scheme, secrets, token_hash)
                    SELECT s.shard, s.tenant_id, gen_random_uuid(), 's' || n, s.topic, s.scheme, s.secrets, s.token_hash
                    FROM sluice.source s CROSS JOIN generate_series(2, \(TenantStore.sourceLimit)) n
                    """))
            guard case .tooMany = try await put(store, try Self.settings("more"), .new(), of: tenant) else {
                throw NeverHappened("one more was made")
            }
            // Those that are there can be changed.
            guard case .put = try await put(store, try Self.settings("s1"), .new(), of: tenant) else {
                throw NeverHappened("not put")
            }
        }
    }

    @Test func aTokenOpensUntilItsOverlapIsOver() async throws {
        try await withStore { store, _ in
            let tenant = try await store.createTenant(named: "acme")
            let (old, new, newest) = (SourceToken.new(), SourceToken.new(), SourceToken.new())
            _ = try await put(store, try Self.settings(), old, of: tenant)
            let loop = SnapshotLoop(store, logger: quiet)
            try await loop.load()
            func opens(_ token: SourceToken, _ now: Timestamp = .now) -> Bool {
                loop.current.source(token, now: now)?.source.settings.name == "s"
            }
            #expect(opens(old) && !opens(new))
            let isKnown = try await store.rotateToken(
                ofSource: "s", to: new, overlap: .seconds(60), tenant: tenant.id, shard: tenant.shard)
            #expect(isKnown)
            try await loop.load()
            #expect(opens(old) && opens(new) && !opens(old, .now + .seconds(61)) && opens(new, .now + .seconds(61)))
            // A change of the settings leaves the URL.
            _ = try await put(store, try Self.settings(), newest, of: tenant)
            try await loop.load()
            #expect(opens(new) && opens(old) && !opens(newest))
            _ = try await store.rotateToken(
                ofSource: "s", to: newest, overlap: .zero, tenant: tenant.id, shard: tenant.shard)
            try await loop.load()
            #expect(opens(newest) && !opens(new) && !opens(old))
            // Read anew, as after a start.
            let other = SnapshotLoop(store, logger: quiet)
            try await other.load()
            #expect(other.current.source(newest, now: .now) != nil && other.current.source(old, now: .now) == nil)
            var settings = try Self.settings()
            settings.isEnabled = false
            _ = try await put(store, settings, .new(), of: tenant)
            try await loop.load()
            #expect(!opens(newest))
        }
    }

    @Test func secretsAreSealedAnew() async throws {
        try await withDatabase { database in
            let client = database.client(statements: TenantStore.statements, connections: 2)
            let keys = [SecretBox.newKey(), SecretBox.newKey()]
            let before = TenantStore(client, secrets: try SecretBox(base64: keys[0]))
            let tenant = try await before.createTenant(named: "acme")
            for name in ["a", "b", "c"] { _ = try await put(before, try Self.settings(name), .new(), of: tenant) }
            let during = TenantStore(client, secrets: try SecretBox(base64: keys[1], old: [keys[0]]))
            #expect(try await during.resealSecrets(batch: 2).resealed == 3)
            let after = TenantStore(client, secrets: try SecretBox(base64: keys[1]))
            let read = try #require(try await after.source(named: "c", tenant: tenant.id, shard: tenant.shard))
            #expect(try read.settings == Self.settings("c"))
            // Who lacks the key takes nothing in, and says why.
            let blind = try await before.source(named: "c", tenant: tenant.id, shard: tenant.shard)
            #expect(blind?.settings.fault != nil && blind?.settings.secrets.isEmpty == true)
        }
    }

    @Test func theSnapshotForgetsATenantsRoutesAndSources() async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            let token = SourceToken.new()
            _ = try await put(store, try Self.settings(), token, of: tenant)
            let loop = SnapshotLoop(store, logger: quiet)
            try await loop.load()
            try await store.setState(.deleting, of: "acme")
            try await loop.load()
            #expect(loop.current.source(token, now: .now) == nil)
            for _ in 0..<20 {
                _ = try await client.execute(Statement("SELECT sluice.remove_tenants(100, interval '0')"))
            }
            let left: Int64 = try await client.query(Statement("SELECT count(*) FROM sluice.source"))[0].decode(0)
            #expect(left == 0)
            try await loop.load()
            #expect(loop.current.tenant(tenant.id) == nil && loop.current.source(token, now: .now) == nil)
        }
    }
}

import Model
import Postgres
import TestSupport
import Testing

@testable import Tenants

struct KeyStoreTests {
    private static let now = Timestamp(microseconds: 1_700_000_000_000_000)

    @Test func aKeyIsListedWithoutItself() async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            let key = APIKey.new()
            let expiry = Timestamp(microseconds: 4_000_000_000_000_000)
            let id = try await store.createKey(
                key, label: "ci", scopes: Scopes(.ingest), expiresAt: expiry, tenant: tenant.id, shard: tenant.shard)
            let record = try #require(try await store.key(id, of: tenant.id, shard: tenant.shard))
            #expect(record.label == "ci" && record.scopes == ["ingest"] && record.expiresAt == expiry)
            #expect(record.revokedAt == nil && record.lastUsedAt == nil)
            let stored = try await client.query(Statement("SELECT api_key::text FROM sluice.api_key"))
            #expect(try !stored[0].decode(0, as: String.self).contains(key.text.dropFirst(7)))
        }
    }

    @Test func keysArePagedTheNewestFirst() async throws {
        try await withStore { store, _ in
            let tenant = try await store.createTenant(named: "acme")
            var ids: [KeyID] = []
            for _ in 0..<5 {
                ids.append(try await store.createKey(.new(), label: "", tenant: tenant.id, shard: tenant.shard))
            }
            var seen: [KeyID] = []
            while true {
                let page = try await store.keys(of: tenant.id, shard: tenant.shard, before: seen.last, limit: 2)
                seen += page.map(\.id)
                if page.count < 2 { break }
            }
            #expect(seen == ids.reversed())
        }
    }

    @Test func aRotatedKeyGoesOnForTheOverlap() async throws {
        try await withStore { store, _ in
            let tenant = try await store.createTenant(named: "acme")
            let (old, new) = (APIKey.new(), APIKey.new())
            let id = try await store.createKey(
                old, label: "ci", scopes: Scopes(.read), tenant: tenant.id, shard: tenant.shard)
            let made = try await store.rotateKey(
                id, to: new, overlap: .seconds(60), tenant: tenant.id, shard: tenant.shard)
            let newID = try #require(made)
            let record = try #require(try await store.key(newID, of: tenant.id, shard: tenant.shard))
            #expect(record.label == "ci" && record.scopes == ["read"] && record.expiresAt == nil)
            let before = try #require(try await store.key(id, of: tenant.id, shard: tenant.shard)).expiresAt
            let end = try #require(before)
            let snapshot = try await store.snapshot()
            #expect(snapshot.caller(old.hash, now: end + .seconds(-1)) != nil)
            #expect(snapshot.caller(old.hash, now: end) == nil)
            #expect(snapshot.caller(new.hash, now: end)?.caller.scopes == Scopes(.read))
            // An end that was nearer stays; and what has ended can't be rotated.
            _ = try await store.rotateKey(
                id, to: .new(), overlap: .seconds(3_600), tenant: tenant.id, shard: tenant.shard)
            #expect(try await store.key(id, of: tenant.id, shard: tenant.shard)?.expiresAt == end)
            _ = try await store.revokeKey(id, tenant: tenant.id, shard: tenant.shard)
            let again = try await store.rotateKey(
                id, to: .new(), overlap: .zero, tenant: tenant.id, shard: tenant.shard)
            #expect(again == nil)
        }
    }

    @Test func anotherTenantsKeyIsUnknown() async throws {
        try await withStore { store, _ in
            let (acme, other) = (try await store.createTenant(named: "acme"), try await store.createTenant(named: "b"))
            let key = APIKey.new()
            let id = try await store.createKey(key, label: "", tenant: acme.id, shard: acme.shard)
            #expect(try await !store.revokeKey(id, tenant: other.id, shard: other.shard))
            #expect(try await store.key(id, of: other.id, shard: other.shard) == nil)
            let rotated = try await store.rotateKey(
                id, to: .new(), overlap: .zero, tenant: other.id, shard: other.shard)
            #expect(rotated == nil)
            #expect(try await store.snapshot().caller(key.hash, now: Self.now) != nil)
        }
    }

    @Test func aTenantHasABoundedNumberOfKeys() async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            _ = try await client.execute(
                Statement(
                    """
                    INSERT INTO sluice.api_key (shard, tenant_id, key_id, key_hash, label, scopes, revoked_at, expires_at)
                    SELECT $1, $2, gen_random_uuid(), sha256(n::text::bytea), '', '{read}',
                           CASE WHEN n % 3 = 0 THEN now() END, CASE WHEN n % 3 = 1 THEN now() END
                    FROM generate_series(1, 2997) n
                    """), Parameters(tenant.shard, tenant.id.uuid))
            let last = try await store.createKey(.new(), label: "", tenant: tenant.id, shard: tenant.shard)
            await #expect(throws: TooManyKeys.self) {
                try await store.createKey(.new(), label: "", tenant: tenant.id, shard: tenant.shard)
            }
            _ = try await store.revokeKey(last, tenant: tenant.id, shard: tenant.shard)
            try await store.createKey(.new(), label: "", tenant: tenant.id, shard: tenant.shard)
        }
    }

    @Test func usesAreNotedOnceAMinute() {
        let uses = KeyUses()
        let callers = (0..<3).map { _ in Caller(tenant: .new(), shard: 1, key: .new()) }
        for _ in 0..<100 { for caller in callers { uses.note(caller, at: Self.now) } }
        #expect(uses.take(2, now: Self.now).map(\.key) == callers.prefix(2).map(\.key))
        #expect(uses.take(2, now: Self.now).map(\.key) == [callers[2].key])
        uses.note(callers[0], at: Self.now + .seconds(59))
        #expect(uses.take(2, now: Self.now).isEmpty)
        uses.note(callers[0], at: Self.now + .seconds(60))
        #expect(uses.take(2, now: Self.now).count == 1)
    }

    /// In one statement for many, which tells no process that the configuration had changed.
    @Test func usesAreRecorded() async throws {
        try await withStore { store, _ in
            let tenant = try await store.createTenant(named: "acme")
            let id = try await store.createKey(.new(), label: "", tenant: tenant.id, shard: tenant.shard)
            let version = try await store.version()
            let uses = KeyUses()
            let loop = UseLoop.keys(uses, store, every: .milliseconds(5), logger: quiet)
            await withTaskGroup { group in
                group.addTask { await loop.run() }
                uses.note(Caller(tenant: tenant.id, shard: tenant.shard, key: id), at: Self.now)
                try? await eventually {
                    try await store.key(id, of: tenant.id, shard: tenant.shard)?.lastUsedAt == Self.now
                }
                group.cancelAll()
            }
            #expect(try await store.key(id, of: tenant.id, shard: tenant.shard)?.lastUsedAt == Self.now)
            // It does not go back.
            try await store.noteUses([
                .init(shard: tenant.shard, tenant: tenant.id, key: id, at: Self.now + .seconds(-1))
            ])
            #expect(try await store.key(id, of: tenant.id, shard: tenant.shard)?.lastUsedAt == Self.now)
            #expect(try await store.version() == version)
        }
    }
}

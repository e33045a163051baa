import Model
import Postgres
import Tenants
import TestSupport
import Testing

struct SnapshotLoopTests {
    private static let now = Timestamp(microseconds: 0)

    /// Sooner than its poll would see it.
    @Test func aChangeIsSeenWhenItIsTold() async throws {
        try await withStore { store, _ in
            let tenant = try await store.createTenant(named: "acme")
            let loop = SnapshotLoop(store, logger: quiet)
            try await withThrowingTaskGroup { group in
                group.addTask { try await loop.run() }
                try await eventually(within: .seconds(5)) { loop.current.version > 0 }
                let key = APIKey.new()
                #expect(loop.current.caller(key.hash, now: Self.now) == nil)
                try await store.createKey(key, label: "ci", tenant: tenant.id, shard: tenant.shard)
                loop.invalidate()
                try await eventually(within: .seconds(5)) {
                    loop.current.caller(key.hash, now: Self.now)?.tenant == tenant.id
                }
                group.cancelAll()
            }
        }
    }

    @Test func aRevokedKeyIsGone() async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            let key = APIKey.new()
            try await store.createKey(key, label: "ci", tenant: tenant.id, shard: tenant.shard)
            let loop = SnapshotLoop(store, logger: quiet)
            try await loop.load()
            #expect(loop.current.caller(key.hash, now: Self.now)?.shard == tenant.shard)
            _ = try await client.execute(Statement("UPDATE sluice.api_key SET revoked_at = now()"))
            try await loop.load()
            #expect(loop.current.caller(key.hash, now: Self.now) == nil)
        }
    }
}

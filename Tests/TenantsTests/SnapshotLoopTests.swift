import Model
import Postgres
import TestSupport
import Testing

@testable import Tenants

struct SnapshotLoopTests {
    private static let now = Timestamp(microseconds: 0)

    /// By the notification alone: the poll would come later.
    @Test func aRevocationIsSeenWithinASecond() async throws {
        try await withDatabase { database in
            let (store, loop) = try parts(database)
            _ = database.client { configuration in
                configuration.channels = ["sluice_config"]
                configuration.onEvent = { event in
                    if case .disconnected = event { return }
                    loop.invalidate()
                }
            }
            try await expectRevocation(store, loop, within: .seconds(1))
        }
    }

    @Test func aRevocationIsSeenWithinTenSecondsWithoutNotifications() async throws {
        try await withDatabase { database in
            let (store, loop) = try parts(database)
            try await expectRevocation(store, loop, within: .seconds(10))
        }
    }

    private func parts(_ database: TestDatabase) throws -> (TenantStore, SnapshotLoop) {
        let client = database.client(statements: TenantStore.statements, connections: 2)
        let store = TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey()))
        return (store, SnapshotLoop(store, logger: quiet))
    }

    private func expectRevocation(_ store: TenantStore, _ loop: SnapshotLoop, within limit: Duration) async throws {
        let tenant = try await store.createTenant(named: "acme")
        let key = APIKey.new()
        let id = try await store.createKey(key, label: "ci", tenant: tenant.id, shard: tenant.shard)
        try await withThrowingTaskGroup { group in
            group.addTask { try await loop.run() }
            try await eventually { loop.current.caller(key.hash, now: Self.now) != nil }
            #expect(try await store.revokeKey(id, tenant: tenant.id, shard: tenant.shard))
            try await eventually(within: limit) { loop.current.caller(key.hash, now: Self.now) == nil }
            group.cancelAll()
        }
    }

    /// What is not named in the log is not read again: a change that bypasses it stays unseen.
    @Test func onlyWhatChangedIsRead() async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            let keys = [APIKey.new(), .new()]
            var ids: [KeyID] = []
            for key in keys {
                ids.append(try await store.createKey(key, label: "", tenant: tenant.id, shard: tenant.shard))
            }
            let loop = SnapshotLoop(store, logger: quiet)
            try await loop.load()
            _ = try await client.execute(Statement("UPDATE sluice.api_key SET revoked_at = now()"))
            let other = try await store.createTenant(named: "other")
            try await loop.load()
            #expect(loop.current.tenant(other.id)?.name == "other")
            #expect(loop.current.caller(keys[0].hash, now: Self.now) != nil)
            _ = try await client.execute(
                Statement("SELECT sluice.config_changed('key', $1, $2, $3)"),
                Parameters(tenant.shard, tenant.id.uuid, ids[0].uuid))
            try await loop.load()
            #expect(loop.current.caller(keys[0].hash, now: Self.now) == nil)
            #expect(loop.current.caller(keys[1].hash, now: Self.now) != nil)
            #expect(try await loop.current.version == store.version())
        }
    }

    @Test(arguments: ["everything", "what a later version calls it"])
    func anUnknownSubjectIsEverything(_ subject: String) async throws {
        try await expectFullRead { _, client in
            _ = try await client.execute(Statement("SELECT sluice.config_changed($1)"), Parameters(subject))
        }
    }

    @Test func aGapInTheLogIsEverything() async throws {
        try await expectFullRead { _, client in
            _ = try await client.execute(Statement("SELECT sluice.config_changed('circuit_policy')"))
            _ = try await client.execute(Statement("DELETE FROM sluice.config_change"))
        }
    }

    @Test func aVersionThatWentBackIsEverything() async throws {
        try await expectFullRead { _, client in
            _ = try await client.execute(Statement("UPDATE sluice.config_version SET version = 1"))
        }
    }

    /// Everything that changed without a word is seen after the body.
    private func expectFullRead(_ body: (TenantStore, Client) async throws -> Void) async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            let key = APIKey.new()
            try await store.createKey(key, label: "", tenant: tenant.id, shard: tenant.shard)
            let loop = SnapshotLoop(store, logger: quiet)
            try await loop.load()
            _ = try await client.execute(Statement("UPDATE sluice.api_key SET revoked_at = now()"))
            try await body(store, client)
            try await loop.load()
            #expect(loop.current.caller(key.hash, now: Self.now) == nil)
            #expect(try await loop.current.version == store.version())
        }
    }

    /// More than are read at a time.
    @Test func aLongLogIsReadInParts() async throws {
        try await withStore { store, client in
            let loop = SnapshotLoop(store, logger: quiet)
            _ = try await store.createTenant(named: "first")
            try await loop.load()
            _ = try await client.execute(
                Statement(
                    """
                    SELECT sluice.create_tenant(gen_random_uuid(), 't' || n, 0::smallint) FROM generate_series(1, 2500) n
                    """))
            try await loop.load()
            #expect(try await loop.current.version == store.version())
            let last = try await store.requireTenant(named: "t2500")
            #expect(loop.current.tenant(last.id) == last)
        }
    }

    @Test func aDestinationIsChangedAndGone() async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            var settings = DestinationSettings(name: "a", baseURL: "http://a")
            let loop = SnapshotLoop(store, logger: quiet)
            try await loop.load()
            let made = try await store.putDestination(settings, tenant: tenant.id, shard: tenant.shard)
            settings.baseURL = "http://b"
            try await store.putDestination(settings, tenant: tenant.id, shard: tenant.shard)
            try await loop.load()
            #expect(loop.current.destination(named: "a", of: tenant.id)?.settings.baseURL == "http://b")
            #expect(loop.current.destination(made.lane)?.settings.baseURL == "http://b")
            _ = try await client.execute(Statement("DELETE FROM sluice.destination"))
            _ = try await client.execute(
                Statement("SELECT sluice.config_changed('destination', $1, $2, $3)"),
                Parameters(tenant.shard, tenant.id.uuid, made.id.uuid))
            try await loop.load()
            #expect(loop.current.destination(made.id) == nil && loop.current.destination(made.lane) == nil)
            #expect(loop.current.destination(named: "a", of: tenant.id) == nil)
        }
    }
}

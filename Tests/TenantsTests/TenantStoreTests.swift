import FoundationEssentials
import Model
import Postgres
import Tenants
import TestSupport
import Testing

struct TenantStoreTests {
    @Test func aTenantIsMadeOnce() async throws {
        try await withStore { store, _ in
            let first = try await store.createTenant(named: "acme")
            let second = try await store.createTenant(named: "acme")
            #expect(first == second)
            #expect(0..<Int16(Node.shardCount) ~= first.shard)
            #expect(try await store.requireTenant(named: "acme") == first)
            await #expect(throws: UnknownTenant.self) { try await store.requireTenant(named: "other") }
        }
    }

    @Test func aDestinationComesBackAsItWasPut() async throws {
        try await withStore { store, _ in
            let tenant = try await store.createTenant(named: "acme")
            var settings = DestinationSettings(name: "billing", baseURL: "https://example.org/hooks")
            settings.connectTimeout = .milliseconds(250)
            settings.timeout = .seconds(7)
            settings.maxInFlight = 3
            settings.ratePerSecond = 0.5
            settings.rateBurst = 4
            settings.retry.maxAttempts = 2
            settings.retry.backoff = Backoff(base: .milliseconds(10), cap: .seconds(1))
            settings.signingKeys = [SigningKey(secret: Array(repeating: 9, count: 24))]
            let put = try await store.putDestination(settings, tenant: tenant.id, shard: tenant.shard)
            let read = try await store.snapshot().destination(named: "billing", of: tenant.id)
            #expect(read?.settings == settings)
            #expect(read?.id == put.id && read?.lane == put.lane && read?.tenant == tenant.id)
        }
    }

    @Test func aChangeKeepsDestinationAndLane() async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            var settings = DestinationSettings(name: "billing", baseURL: "http://a")
            settings.signingKeys = [SigningKey(secret: [1])]
            let first = try await store.putDestination(settings, tenant: tenant.id, shard: tenant.shard)
            settings.maxInFlight = 5
            settings.timeout = .seconds(10)
            settings.signingKeys = []
            let second = try await store.putDestination(settings, tenant: tenant.id, shard: tenant.shard)
            #expect(first.id == second.id && first.lane == second.lane)
            let snapshot = try await store.snapshot()
            #expect(snapshot.destination(second.lane)?.settings == settings)
            // What claims go by.
            let lanes = try await client.query(Statement("SELECT max_in_flight, lease FROM sluice.lane"))
            #expect(lanes.count == 1)
            #expect(try lanes[0].decode(0, as: Int32.self) == 5)
            #expect(try lanes[0].decode(1, as: Duration.self) == .seconds(25))
        }
    }

    @Test func theSecretDoesNotLieOpen() async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            var settings = DestinationSettings(name: "billing", baseURL: "http://a")
            settings.auth = .bearer(token: "open sesame")
            _ = try await store.putDestination(settings, tenant: tenant.id, shard: tenant.shard)
            let rows = try await client.query(Statement("SELECT secrets FROM sluice.destination"))
            let stored = try rows[0].decode(0, as: Bytea.self).bytes
            #expect(!String(decoding: stored, as: UTF8.self).contains("sesame"))
        }
    }

    @Test func eachChangeRaisesTheVersion() async throws {
        try await withStore { store, _ in
            var version = try await store.version()
            func isRaised() async throws -> Bool {
                let before = version
                version = try await store.version()
                return version > before
            }
            let tenant = try await store.createTenant(named: "acme")
            #expect(try await isRaised())
            try await store.createKey(.new(), label: "ci", tenant: tenant.id, shard: tenant.shard)
            #expect(try await isRaised())
            _ = try await store.putDestination(
                DestinationSettings(name: "a", baseURL: "http://a"), tenant: tenant.id, shard: tenant.shard)
            #expect(try await isRaised())
            #expect(try await !isRaised())
        }
    }
}

func withStore(_ body: (TenantStore, Client) async throws -> Void) async throws {
    try await withDatabase { database in
        let client = database.client(statements: TenantStore.statements)
        try await body(TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey())), client)
    }
}

import Model
import Postgres
import TestSupport
import Testing

@testable import Tenants

struct RouteStoreTests {
    private struct Parts {
        let store: TenantStore
        let client: Client
        let tenant: Tenant
        let destination: Destination
        let loop: SnapshotLoop
    }

    private func withParts(_ body: (Parts) async throws -> Void) async throws {
        try await withStore { store, client in
            let tenant = try await store.createTenant(named: "acme")
            let destination = try await store.putDestination(
                DestinationSettings(name: "d", baseURL: "http://a"), tenant: tenant.id, shard: tenant.shard)
            let loop = SnapshotLoop(store, logger: quiet)
            try await loop.load()
            try await body(
                Parts(store: store, client: client, tenant: tenant, destination: destination, loop: loop))
        }
    }

    private static func settings(_ name: String = "r", _ pattern: String = "a.#") throws -> RouteSettings {
        RouteSettings(name: name, pattern: try #require(TopicPattern(pattern)), destination: "d")
    }

    private static func message(_ topic: String = "a.b") throws -> Message {
        Message(topic: try #require(Topic(topic)), method: "POST", path: "", headers: HeaderLines())
    }

    private func put(
        _ parts: Parts, _ settings: RouteSettings, expected: Int64? = nil
    ) async throws -> TenantStore.Put<TopicRoute> {
        try await parts.store.putRoute(
            settings, to: parts.destination.id, tenant: parts.tenant.id, shard: parts.tenant.shard, expected: expected)
    }

    @Test func everythingComesBackAndTheSnapshotFollows() async throws {
        try await withParts { parts in
            var settings = try Self.settings()
            settings.flag = RouteFlag(
                "f", in: "staging", otherwise: .skip,
                attributes: ["plan": .body(["customer", "plan"]), "kind": .field(.header("x-kind"))])
            settings.filters = [
                RouteFilter(.header("x"), .anyOf(["'", "\\", "\u{1f600}"])), RouteFilter(.path, .exists(true)),
            ]
            guard case .put(let route) = try await put(parts, settings) else { throw NeverHappened("not put") }
            let read = try #require(
                try await parts.store.route(named: "r", tenant: parts.tenant.id, shard: parts.tenant.shard))
            #expect(read.settings == settings && read.id == route.id && read.version == 1)
            settings.filters = []
            guard case .put = try await put(parts, settings) else { throw NeverHappened("not put") }
            try await parts.loop.load()
            func found() throws -> [DestinationID] {
                parts.loop.current.routes(of: try Self.message(), tenant: parts.tenant.id).map(\.destination)
            }
            #expect(try found() == [parts.destination.id])
            #expect(parts.loop.current.routes(of: try Self.message(), tenant: .new()).isEmpty)
            settings.isEnabled = false
            _ = try await put(parts, settings)
            try await parts.loop.load()
            #expect(try found() == [])
            settings.isEnabled = true
            _ = try await put(parts, settings)
            try await parts.loop.load()
            #expect(try found() == [parts.destination.id])
            let removal = try await parts.store.deleteRoute(
                named: "r", tenant: parts.tenant.id, shard: parts.tenant.shard)
            #expect(removal == .deleted)
            try await parts.loop.load()
            #expect(try found() == [])
        }
    }

    @Test func aChangeOfAnotherVersionIsRefused() async throws {
        try await withParts { (parts: Parts) async throws in
            func version(_ expected: Int64?) async throws -> Int64? {
                if case .put(let route) = try await put(parts, try Self.settings(), expected: expected) {
                    return route.version
                }
                return nil
            }
            #expect(try await version(1) == nil)
            #expect(try await version(0) == 1)
            #expect(try await version(0) == nil)
            #expect(try await version(1) == 2)
            let (tenant, shard) = (parts.tenant.id, parts.tenant.shard)
            func deleted(_ expected: Int64) async throws -> TenantStore.Removal {
                try await parts.store.deleteRoute(named: "r", tenant: tenant, shard: shard, expected: expected)
            }
            #expect(try await deleted(1) == .stale)
            #expect(try await deleted(2) == .deleted)
            #expect(try await deleted(2) == .unknown)
        }
    }

    @Test func thereIsALimit() async throws {
        try await withParts { parts in
            _ = try await parts.client.execute(
                Statement(
                    """
                    INSERT INTO sluice.route (shard, tenant_id, route_id, name, topic_pattern, destination_id)
                    SELECT \(parts.tenant.shard), '\(parts.tenant.id)', gen_random_uuid(), 'r' || n, 't' || n, '\(parts.destination.id)'
                    FROM generate_series(1, \(TenantStore.routeLimit)) n
                    """))
            guard case .tooMany = try await put(parts, try Self.settings("more")) else {
                throw NeverHappened("one more was made")
            }
            // Those that are there can be changed.
            guard case .put = try await put(parts, try Self.settings("r1")) else { throw NeverHappened("not put") }
        }
    }

    /// Routes and sources go with it; while it is being deleted they lead nowhere, and come back if it stays.
    @Test func aDestinationTakesItsRoutesAndSourcesAlong() async throws {
        try await withParts { parts in
            let (tenant, shard) = (parts.tenant.id, parts.tenant.shard)
            _ = try await put(parts, try Self.settings())
            let token = SourceToken.new()
            var source = SourceSettings(name: "s", target: .destination("d"), scheme: .github)
            source.secrets = [try #require(SourceSecret(id: "1", scheme: .github, text: "open sesame"))]
            _ = try await parts.store.putSource(
                source, to: parts.destination.id, token: token, tenant: tenant, shard: shard)
            _ = try await parts.store.deleteDestination(
                parts.destination.id, tenant: tenant, shard: shard, backlog: .cancel)
            try await parts.loop.load()
            #expect(parts.loop.current.destination(parts.destination.id)?.deletion == .cancel)
            guard case .unknownDestination = try await put(parts, try Self.settings("late")) else {
                throw NeverHappened("a route to what is being deleted was made")
            }
            let statement = Statement(
                "SELECT sluice.finish_deletions(ARRAY[\(shard)]::smallint[], gen_random_uuid(), interval '0', 100)")
            _ = try await parts.client.execute(statement)
            #expect(try await parts.store.route(named: "r", tenant: tenant, shard: shard) == nil)
            #expect(try await parts.store.source(named: "s", tenant: tenant, shard: shard) == nil)
            try await parts.loop.load()
            #expect(parts.loop.current.source(token, now: .now) == nil)
            #expect(parts.loop.current.destination(parts.destination.id) == nil)
        }
    }
}

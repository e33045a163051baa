import Model
import Postgres
import SQL

extension TenantStore {
    /// Changes that are read at a time. Far behind, several rounds; without an end only if more change meanwhile.
    private static let changesAtATime = 1_000

    /// All of it. Reads the version first: a change that comes in between is read, and read again.
    package func snapshot() async throws -> TenantSnapshot {
        let version = try await version()
        async let tenants = client.query(SQL["tenants.all"])
        async let keys = client.query(SQL["keys.all"])
        async let destinations = client.query(SQL["destinations.all"])
        async let routes = client.query(SQL["routes.all"])
        async let sources = client.query(SQL["sources.all"])
        async let flagSets = client.query(SQL["flags.all_sets"])
        return TenantSnapshot(
            version: version, tenants: try await tenants.map(Tenant.init), keys: try await keys.map(Self.caller),
            destinations: try await destinations.map(destination), routes: try await routes.compactMap(TopicRoute.init),
            sources: try await sources.compactMap(source),
            flagSets: try await flagSets.map(FlagSetContents.init).map(FlagSnapshot.init))
    }

    /// A snapshot brought up to date by what has changed since; read anew where that is not known any more, and where
    /// the version went back, as after a failover to an older copy.
    func refreshed(_ old: TenantSnapshot) async throws -> TenantSnapshot {
        var snapshot = old
        while true {
            let rows = try await client.query(
                SQL["tenants.changes"], Parameters(snapshot.version, Int32(Self.changesAtATime)))
            let changes = try Changes(rows)
            if changes.current == snapshot.version { return snapshot }
            guard old.version > 0, changes.follow(snapshot.version) else { return try await self.snapshot() }
            snapshot = try await apply(changes, to: snapshot)
            if snapshot.version == changes.current { return snapshot }
        }
    }

    private func apply(_ changes: Changes, to snapshot: TenantSnapshot) async throws -> TenantSnapshot {
        let (tenantIDs, keyIDs, destinationIDs) = (
            Set(changes.tenants), changes.keys.map(\.id), changes.destinations.map(\.id)
        )
        let tenants = try await tenantIDs.isEmpty ? [] : self.tenants(Array(tenantIDs))
        let keys = try await keyIDs.isEmpty ? [] : self.keys(changes.keys)
        let destinations = try await destinationIDs.isEmpty ? [] : self.destinations(changes.destinations)
        let routes = try await changes.routes.isEmpty ? [] : self.routes(changes.routes)
        let sources = try await changes.sources.isEmpty ? [] : self.sources(changes.sources)
        let flagSets = try await changes.flagSets.isEmpty ? [] : self.flagSets(changes.flagSets)
        return snapshot.changed(to: changes.last) { contents in
            for id in keyIDs { contents.remove(KeyID(id)) }
            for id in destinationIDs { contents.remove(DestinationID(id)) }
            for place in changes.routes { contents.remove(RouteID(place.id)) }
            for place in changes.sources { contents.remove(SourceID(place.id)) }
            for place in changes.flagSets { contents.remove(FlagSetID(place.id)) }
            for id in tenantIDs.subtracting(tenants.map(\.id)) { contents.remove(id) }
            for tenant in tenants { contents.put(tenant) }
            for (hash, caller) in keys { contents.put(caller, hash) }
            for destination in destinations { contents.put(destination) }
            contents.put(routes)
            for source in sources { contents.put(source) }
            for flags in flagSets { contents.put(flags) }
        }
    }

    private func tenants(_ ids: [TenantID]) async throws -> [Tenant] {
        try await client.query(SQL["tenants.changed"], Parameters(ids.map(\.uuid))).map(Tenant.init)
    }

    private func keys(_ places: [Changes.Place]) async throws -> [(APIKeyHash, Caller)] {
        try await client.query(SQL["keys.changed"], Parameters(places)).map(Self.caller)
    }

    private func destinations(_ places: [Changes.Place]) async throws -> [Destination] {
        try await client.query(SQL["destinations.changed"], Parameters(places)).map(destination)
    }

    private func routes(_ places: [Changes.Place]) async throws -> [TopicRoute] {
        try await client.query(SQL["routes.changed"], Parameters(places)).compactMap(TopicRoute.init)
    }

    private func sources(_ places: [Changes.Place]) async throws -> [Source] {
        try await client.query(SQL["sources.changed"], Parameters(places)).compactMap(source)
    }

    private func flagSets(_ places: [Changes.Place]) async throws -> [FlagSnapshot] {
        try await client.query(SQL["flags.changed_sets"], Parameters(places)).map(FlagSetContents.init).map(
            FlagSnapshot.init)
    }

    private static func caller(_ row: Row) throws -> (APIKeyHash, Caller) {
        guard let hash = APIKeyHash(try row.decode(3, as: Bytea.self).bytes) else {
            throw PostgresError(.mismatch, "a key's hash is not a SHA-256", statement: "keys.all")
        }
        let caller = Caller(
            tenant: TenantID(try row.decode(1)), shard: try row.decode(0), key: KeyID(try row.decode(2)),
            // Of a later version's words the known ones count.
            scopes: try row.decode(5, as: [String].self).reduce(into: Scopes()) { scopes, word in
                scopes.formUnion(Scopes(words: [word]) ?? [])
            },
            expiresAt: try row.decode(4), environment: try row.decode(6))
        return (hash, caller)
    }
}

extension Parameters {
    /// Each once, however often it has changed.
    fileprivate init(_ places: [Changes.Place]) {
        let places = Array(Set(places))
        self.init(places.map(\.shard), places.map(\.tenant.uuid), places.map(\.id))
    }
}

import Model
import Postgres

/// The part of a snapshot that says where topics go, and who may post without a key.
struct SnapshotRouting: Sendable {
    private var routes = PartedDictionary<RouteID, TopicRoute>()
    private var tables = PartedDictionary<TenantID, RouteTable>()
    private var sources = PartedDictionary<SourceID, Source>()
    private var byToken = PartedDictionary<SourceToken.Hash, Source>()

    func routes(of message: Message, tenant: TenantID) -> [TopicRoute] { tables[tenant]?.routes(of: message) ?? [] }

    func source(_ token: SourceToken.Hash, now: Timestamp) -> Source? {
        guard let source = byToken[token], source.isOpened(by: token, now: now) else { return nil }
        return source
    }

    /// By tenant, so that a table is built once, not once a route.
    mutating func put(_ added: [TopicRoute]) {
        for (tenant, added) in Dictionary(grouping: added, by: \.tenant) {
            for route in added { remove(route.id) }
            var table = tables[tenant] ?? RouteTable()
            for route in added {
                routes[route.id] = route
                table.put(route)
            }
            tables[tenant] = table
        }
    }

    mutating func put(_ source: Source) {
        remove(source.id)
        sources[source.id] = source
        byToken[source.token] = source
        if let old = source.old { byToken[old.token] = source }
    }

    mutating func remove(_ id: RouteID) {
        guard let route = routes[id] else { return }
        routes[id] = nil
        guard var table = tables[route.tenant] else { return }
        table.remove(route)
        tables[route.tenant] = table.isEmpty ? nil : table
    }

    mutating func remove(_ id: SourceID) {
        guard let source = sources[id] else { return }
        sources[id] = nil
        byToken[source.token] = nil
        if let old = source.old { byToken[old.token] = nil }
    }

    mutating func remove(_ tenant: TenantID) {
        for route in routes.values(where: { $0.tenant == tenant }) { routes[route.id] = nil }
        tables[tenant] = nil
        for source in sources.values(where: { $0.tenant == tenant }) { remove(source.id) }
    }
}

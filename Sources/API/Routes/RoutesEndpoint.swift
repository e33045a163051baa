import HTTPTypes
import HummingbirdCore
import JSON
import Model
import Tenants

/// `/v1/routes`: make, list, get, change, delete.
struct RoutesEndpoint: Sendable {
    /// A full route's filters, with room to spare.
    private static let bodyLimit = 1 << 20
    private static let shownOnly: Set<String> = ["id"]

    let store: TenantStore

    var routes: [Route] {
        [
            .tenant(.read, .get, "/v1/routes", list),
            .tenant(.manage, .post, "/v1/routes", create),
            .tenant(.read, .get, "/v1/routes/{name}") { call, caller in
                answer(.ok, try await find(call, caller))
            },
            .tenant(.manage, .put, "/v1/routes/{name}", replace),
            .tenant(.manage, .patch, "/v1/routes/{name}", change),
            .tenant(.manage, .delete, "/v1/routes/{name}", delete),
        ]
    }

    private func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let page = try SettingsList(try call.query("limit", "cursor"))
        let found = try await store.routes(
            from: page.first, limit: page.limit + 1, tenant: caller.tenant, shard: caller.shard)
        return page.answer("routes", found.map { ($0.settings.name, $0.shown) })
    }

    private func create(_ call: Call, _ caller: Caller) async throws -> Answer {
        let document = try await body(call)
        let name = try document.requiredName(.invalidRoute)
        guard let made = try await put(document.document, named: name, expected: 0, caller) else {
            throw Problem(.nameTaken, "There is a route \(name); change it with PUT or PATCH.")
        }
        return answer(.created, made)
    }

    private func replace(_ call: Call, _ caller: Caller) async throws -> Answer {
        let name = String(call["name"])
        let document = try await body(call)
        try document.requireName(name, .invalidRoute)
        let stored = try await store.route(named: name, tenant: caller.tenant, shard: caller.shard)
        let expected = try Precondition(call.request.headers).version(replacing: stored?.version ?? 0)
        guard let put = try await put(document.document, named: name, expected: expected, caller) else {
            throw Problem.changedMeanwhile("route")
        }
        return answer(expected == 0 ? .created : .ok, put)
    }

    private func change(_ call: Call, _ caller: Caller) async throws -> Answer {
        let patch = try await body(call)
        let condition = try Precondition(call.request.headers)
        let changed = try await patching("route") {
            let stored = try await find(call, caller)
            let expected = try condition.version(changing: stored.version)
            try patch.requireName(stored.settings.name, .invalidRoute)
            let whole = RouteDocument.document(stored.settings).merging(patch.document)
            return try await put(whole, named: stored.settings.name, expected: expected, caller)
        }
        return answer(.ok, changed)
    }

    private func delete(_ call: Call, _ caller: Caller) async throws -> Answer {
        let stored = try await find(call, caller)
        let expected = try Precondition(call.request.headers).version(changing: stored.version)
        switch try await store.deleteRoute(
            named: stored.settings.name, tenant: caller.tenant, shard: caller.shard, expected: expected)
        {
        case .deleted: return .noContent
        case .stale: throw Problem.changedMeanwhile("route")
        case .unknown: throw Self.unknown(stored.settings.name)
        }
    }

    private func find(_ call: Call, _ caller: Caller) async throws -> TopicRoute {
        let name = String(call["name"])
        guard let found = try await store.route(named: name, tenant: caller.tenant, shard: caller.shard) else {
            throw Self.unknown(name)
        }
        return found
    }

    private static func unknown(_ name: String) -> Problem {
        Problem(.notFound, "This tenant has no route named \"\(name.prefix(80))\".")
    }

    /// nil where it is not of the expected version.
    private func put(
        _ document: JSONValue, named name: String, expected: Int64, _ caller: Caller
    ) async throws -> TopicRoute? {
        do {
            let settings = try RouteDocument.settings(document, named: name)
            let destination = try await store.destinationID(named: settings.destination, of: caller)
            switch try await store.putRoute(
                settings, to: destination, tenant: caller.tenant, shard: caller.shard, expected: expected)
            {
            case .put(let route): return route
            case .stale: return nil
            case .unknownDestination: throw Problem.unknownDestination(settings.destination)
            case .tooMany:
                throw Problem(.tooManyRoutes, "A tenant may have \(TenantStore.routeLimit). Delete some.")
            }
        } catch let error as InvalidDocument {
            throw Problem(.invalidRoute, error.faults)
        }
    }

    private func body(_ call: Call) async throws -> SettingsBody {
        try await SettingsBody(call, limit: Self.bodyLimit, shownOnly: Self.shownOnly)
    }

    private func answer(_ status: HTTPResponse.Status, _ route: TopicRoute) -> Answer {
        Answer(status, route.shown, version: route.version, location: "/v1/routes/\(route.settings.name)")
    }
}

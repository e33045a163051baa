import HTTPTypes
import HummingbirdCore
import JSON
import Model
import Requests
import Tenants

/// `/v1/destinations` and what lies below: make, list, get, change, delete, try.
struct DestinationsEndpoint: Sendable {
    static let bodyLimit = 256 << 10
    private static let shownOnly: Set<String> = ["id", "deletion"]

    let store: TenantStore
    /// Is told of lanes whose limits may have been raised.
    let arm: @Sendable (LaneID) -> Void
    let trial: DestinationTrial

    var routes: [Route] {
        [
            .tenant(.read, .get, "/v1/destinations", list),
            .tenant(.manage, .post, "/v1/destinations", create),
            .tenant(.read, .get, "/v1/destinations/{name}") { call, caller in
                answer(.ok, try await find(call, caller))
            },
            .tenant(.manage, .put, "/v1/destinations/{name}", replace),
            .tenant(.manage, .patch, "/v1/destinations/{name}", change),
            .tenant(.manage, .delete, "/v1/destinations/{name}", delete),
            .tenant(.manage, .post, "/v1/destinations/{name}/test") { call, caller in
                try await trial.answer(try await find(call, caller))
            },
        ]
    }

    private func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let page = try SettingsList(try call.query("limit", "cursor"))
        let found = try await store.destinations(
            from: page.first, limit: page.limit + 1, tenant: caller.tenant, shard: caller.shard)
        return page.answer("destinations", found.map { ($0.settings.name, $0.shown) })
    }

    private func create(_ call: Call, _ caller: Caller) async throws -> Answer {
        let document = try await body(call)
        let name = try document.requiredName(.invalidDestination)
        guard let made = try await put(document, named: name, over: nil, expected: 0, caller) else {
            throw Problem(.destinationExists, "There is a destination \(name); change it with PUT or PATCH.")
        }
        return answer(.created, made)
    }

    private func replace(_ call: Call, _ caller: Caller) async throws -> Answer {
        let name = String(call["name"])
        let document = try await body(call)
        try document.requireName(name, .invalidDestination)
        let stored = try await store.destination(named: name, tenant: caller.tenant, shard: caller.shard)
        let expected = try Precondition(call.request.headers).version(replacing: stored?.liveVersion ?? 0)
        guard let put = try await put(document, named: name, over: stored, expected: expected, caller) else {
            throw Problem.changedMeanwhile("destination")
        }
        return answer(expected == 0 ? .created : .ok, put)
    }

    private func change(_ call: Call, _ caller: Caller) async throws -> Answer {
        let patch = try await body(call)
        let condition = try Precondition(call.request.headers)
        let changed = try await patching("destination") {
            let stored = try await find(call, caller)
            let expected = try condition.version(changing: stored.liveVersion)
            try patch.requireName(stored.settings.name, .invalidDestination)
            let whole = SettingsBody(
                DestinationDocument.patched(DestinationDocument.document(stored.settings), by: patch.document),
                shownOnly: Self.shownOnly)
            return try await put(whole, named: stored.settings.name, over: stored, expected: expected, caller)
        }
        return answer(.ok, changed)
    }

    private func delete(_ call: Call, _ caller: Caller) async throws -> Answer {
        let word = try call.query("backlog")["backlog"] ?? Destination.Backlog.refuse.rawValue
        guard let backlog = Destination.Backlog(rawValue: word) else {
            throw Problem(.invalidRequest, "backlog must be refuse, drain or cancel.")
        }
        let stored = try await find(call, caller, orDeleted: true)
        let expected = try Precondition(call.request.headers).version(changing: stored.version)
        let deletion = try await store.deleteDestination(
            stored.id, tenant: caller.tenant, shard: caller.shard, backlog: backlog, expected: expected)
        switch deletion {
        case .begun(let waiting):
            var writer = JSONWriter()
            writer.object { $0.write(waiting: waiting) }
            return Answer(.accepted, json: writer)
        case .waiting(let waiting):
            let count = waiting > TenantStore.countedTo ? "More than \(TenantStore.countedTo)" : "\(waiting)"
            throw Problem(
                .deliveriesWaiting,
                "\(count) deliveries wait or are under way. backlog=drain delivers them first, backlog=cancel cancels them."
            )
        case .stale: throw Problem.changedMeanwhile("destination")
        case .unknown: throw Problem.unknownDestination(call["name"])
        }
    }

    /// One that is being deleted is shown, but changed only by deleting it otherwise, or by PUT, which keeps it.
    private func find(_ call: Call, _ caller: Caller, orDeleted: Bool = false) async throws -> Destination {
        let name = String(call["name"])
        guard
            let found = try await store.destination(named: name, tenant: caller.tenant, shard: caller.shard),
            found.deletion == nil || orDeleted || call.request.method == .get || call.request.method == .head
        else { throw Problem.unknownDestination(name) }
        return found
    }

    /// nil where it is not of the expected version.
    private func put(
        _ document: SettingsBody, named name: String, over stored: Destination?, expected: Int64, _ caller: Caller
    ) async throws -> Destination? {
        do {
            let settings = try DestinationDocument.settings(document.document, named: name, over: stored?.settings)
            let put = try await store.putDestination(
                settings, tenant: caller.tenant, shard: caller.shard, expected: expected)
            for lane in put.lanes { arm(lane) }
            return put
        } catch is StaleDestination {
            return nil
        } catch let error as InvalidDocument {
            throw Problem(.invalidDestination, error.faults)
        }
    }

    private func body(_ call: Call) async throws -> SettingsBody {
        try await SettingsBody(call, limit: Self.bodyLimit, shownOnly: Self.shownOnly)
    }

    private func answer(_ status: HTTPResponse.Status, _ destination: Destination) -> Answer {
        Answer(
            status, destination.shown, version: destination.version,
            location: "/v1/destinations/\(destination.settings.name)")
    }
}

extension Destination {
    /// 0 of one that is being deleted: to who changes it there is none.
    fileprivate var liveVersion: Int64 { deletion == nil ? version : 0 }
}

extension JSONWriter {
    fileprivate mutating func write(waiting: Int64) {
        name("waiting")
        number(min(waiting, TenantStore.countedTo))
        name("waiting_is_more")
        bool(waiting > TenantStore.countedTo)
    }
}

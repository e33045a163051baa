import HTTPTypes
import HummingbirdCore
import JSON
import Model
import Tenants

/// `/v1/sources`: make, list, get, change, delete, and give another URL.
struct SourcesEndpoint: Sendable {
    private static let bodyLimit = 64 << 10
    private static let shownOnly: Set<String> = ["id", "url_path"]
    let store: TenantStore

    var routes: [Route] {
        [
            .tenant(.read, .get, "/v1/sources", list),
            .tenant(.manage, .post, "/v1/sources", create),
            .tenant(.read, .get, "/v1/sources/{name}") { call, caller in
                answer(.ok, try await find(call, caller))
            },
            .tenant(.manage, .put, "/v1/sources/{name}", replace),
            .tenant(.manage, .patch, "/v1/sources/{name}", change),
            .tenant(.manage, .delete, "/v1/sources/{name}", delete),
            .tenant(.manage, .post, "/v1/sources/{name}/rotate", rotate),
        ]
    }

    private func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let page = try SettingsList(try call.query("limit", "cursor"))
        let found = try await store.sources(
            from: page.first, limit: page.limit + 1, tenant: caller.tenant, shard: caller.shard)
        return page.answer("sources", found.map { ($0.settings.name, $0.shown()) })
    }

    private func create(_ call: Call, _ caller: Caller) async throws -> Answer {
        let document = try await body(call)
        let name = try document.requiredName(.invalidSource)
        let token = SourceToken.new()
        guard let made = try await put(document.document, named: name, over: nil, token, expected: 0, caller) else {
            throw Problem(.nameTaken, "There is a source \(name); change it with PUT or PATCH.")
        }
        return answer(.created, made, token)
    }

    private func replace(_ call: Call, _ caller: Caller) async throws -> Answer {
        let name = String(call["name"])
        let document = try await body(call)
        try document.requireName(name, .invalidSource)
        let stored = try await store.source(named: name, tenant: caller.tenant, shard: caller.shard)
        let expected = try Precondition(call.request.headers).version(replacing: stored?.version ?? 0)
        let token = SourceToken.new()
        guard
            let put = try await put(
                document.document, named: name, over: stored, token, expected: expected, caller)
        else { throw Problem.changedMeanwhile("source") }
        return expected == 0 ? answer(.created, put, token) : answer(.ok, put)
    }

    private func change(_ call: Call, _ caller: Caller) async throws -> Answer {
        let patch = try await body(call)
        let condition = try Precondition(call.request.headers)
        let changed = try await patching("source") {
            let stored = try await find(call, caller)
            let (name, expected) = (stored.settings.name, try condition.version(changing: stored.version))
            try patch.requireName(name, .invalidSource)
            let whole = SourceDocument.patched(SourceDocument.document(stored.settings), by: patch.document)
            return try await put(whole, named: name, over: stored, .new(), expected: expected, caller)
        }
        return answer(.ok, changed)
    }

    private func delete(_ call: Call, _ caller: Caller) async throws -> Answer {
        let stored = try await find(call, caller)
        let expected = try Precondition(call.request.headers).version(changing: stored.version)
        switch try await store.deleteSource(
            named: stored.settings.name, tenant: caller.tenant, shard: caller.shard, expected: expected)
        {
        case .deleted: return .noContent
        case .stale: throw Problem.changedMeanwhile("source")
        case .unknown: throw Self.unknown(stored.settings.name)
        }
    }

    private func rotate(_ call: Call, _ caller: Caller) async throws -> Answer {
        var overlap = SourceToken.standardOverlap
        try await call.withOptionalMembers { scanner, member in
            guard member == "overlap_s" else { return false }
            overlap = try scanner.integer(member, in: SourceToken.overlaps)
            return true
        }
        let (name, token) = (String(call["name"]), SourceToken.new())
        let isKnown = try await store.rotateToken(
            ofSource: name, to: token, overlap: .seconds(overlap), tenant: caller.tenant, shard: caller.shard)
        guard isKnown else { throw Self.unknown(name) }
        return answer(.ok, try await find(call, caller), token)
    }

    private func find(_ call: Call, _ caller: Caller) async throws -> Source {
        let name = String(call["name"])
        guard let found = try await store.source(named: name, tenant: caller.tenant, shard: caller.shard) else {
            throw Self.unknown(name)
        }
        return found
    }

    private static func unknown(_ name: String) -> Problem {
        Problem(.notFound, "This tenant has no source named \"\(name.prefix(80))\".")
    }

    /// nil where it is not of the expected version.
    private func put(
        _ document: JSONValue, named name: String, over stored: Source?, _ token: SourceToken, expected: Int64,
        _ caller: Caller
    ) async throws -> Source? {
        do {
            let settings = try SourceDocument.settings(document, named: name, over: stored?.settings)
            var destination: DestinationID?
            if case .destination(let name) = settings.target {
                destination = try await store.destinationID(named: name, of: caller)
            }
            switch try await store.putSource(
                settings, to: destination, token: token, tenant: caller.tenant, shard: caller.shard, expected: expected)
            {
            case .put(let source): return source
            case .stale: return nil
            case .unknownDestination:
                throw Problem(.unknownDestination, "The destination has been deleted meanwhile.")
            case .tooMany:
                throw Problem(.tooManySources, "A tenant may have \(TenantStore.sourceLimit). Delete some.")
            }
        } catch let error as InvalidDocument {
            throw Problem(.invalidSource, error.faults)
        }
    }

    private func body(_ call: Call) async throws -> SettingsBody {
        try await SettingsBody(call, limit: Self.bodyLimit, shownOnly: Self.shownOnly)
    }

    /// - Parameter token: is shown, this once.
    private func answer(_ status: HTTPResponse.Status, _ source: Source, _ token: SourceToken? = nil) -> Answer {
        var answer = Answer(
            status, source.shown(token), version: source.version,
            location: "/v1/sources/\(source.settings.name)")
        if token != nil { answer.head.headerFields[.cacheControl] = "no-store" }
        return answer
    }
}

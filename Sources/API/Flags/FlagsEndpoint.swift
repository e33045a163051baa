import FlagEngine
import HTTPTypes
import HummingbirdCore
import JSON
import Tenants

/// `/v1/environments/{environment}/flags`: make, list, get, change, archive.
struct FlagsEndpoint: Sendable {
    /// A definition with its settings, in whatever layout.
    static let bodyLimit = 4 * FlagLimits.definitionBytes
    private static let shownOnly: Set<String> = [
        "key", "type", "version", "created_at", "updated_at", "archived_at", "warnings",
    ]

    let store: TenantStore

    var routes: [Route] {
        [
            .tenant(.read, .get, "/v1/environments/{environment}/flags", list),
            .tenant(.manage, .post, "/v1/environments/{environment}/flags", create),
            .tenant(.read, .get, "/v1/environments/{environment}/flags/{key}") { call, caller in
                let environment = try call.environment(of: caller)
                return answer(.ok, try await find(call.flagKey(), environment), in: environment)
            },
            .tenant(.manage, .put, "/v1/environments/{environment}/flags/{key}", replace),
            .tenant(.manage, .patch, "/v1/environments/{environment}/flags/{key}", change),
            .tenant(.manage, .delete, "/v1/environments/{environment}/flags/{key}", archive),
        ]
    }

    private func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let query = try call.query("limit", "cursor")
        let limit = try query.integer("limit", in: 1...FlagLimits.flags) ?? 100
        let first = query["cursor"] ?? ""
        guard first.isEmpty || FlagKey.isValid(first) else {
            throw Problem(.invalidRequest, "cursor must be the next of an earlier page.")
        }
        let environment = try call.environment(of: caller)
        let found = try await store.flags(from: first, limit: limit + 1, in: environment)
        if found.isEmpty { try await store.requireEnvironment(environment) }
        return Answer(
            .ok,
            .object([
                "flags": .array(found.prefix(limit).map(\.shown)),
                "next": found.count > limit ? .string(found[limit].key) : .null,
            ]))
    }

    private func create(_ call: Call, _ caller: Caller) async throws -> Answer {
        let environment = try call.environment(of: caller)
        let document = try await body(call)
        guard case .object(let members) = document, case .string(let key)? = members["key"] else {
            throw Problem(.invalidFlag, [.init("key", "is missing, or no string")])
        }
        let stored = FlagKey.isValid(key) ? try await store.flag(key, in: environment) : nil
        guard stored.map({ $0.archivedAt != nil }) ?? true else {
            throw Problem(.nameTaken, "There is a flag \(key); change it with PUT or PATCH.")
        }
        return try await put(settings(of: document), key, environment, expected: 0, caller, status: .created)
    }

    private func replace(_ call: Call, _ caller: Caller) async throws -> Answer {
        let (key, environment) = (String(call["key"]), try call.environment(of: caller))
        let document = try await body(call)
        try requireKey(key, document)
        let stored = FlagKey.isValid(key) ? try await store.flag(key, in: environment) : nil
        let current = stored.flatMap { $0.archivedAt == nil ? $0.version : nil } ?? 0
        let expected = try Precondition(call.request.headers).version(replacing: current)
        return try await put(
            settings(of: document), key, environment, expected: expected, caller,
            status: expected == 0 ? .created : .ok)
    }

    private func change(_ call: Call, _ caller: Caller) async throws -> Answer {
        let (key, environment) = (try call.flagKey(), try call.environment(of: caller))
        let patch = try await body(call)
        try requireKey(key, patch)
        let condition = try Precondition(call.request.headers)
        return try await patching("flag") {
            let stored = try await find(key, environment)
            guard stored.archivedAt == nil else { throw Problem(FlagRefusal.unknownFlag) }
            let expected = try condition.version(changing: stored.version)
            let whole = stored.document.merging(settings(of: patch))
            do {
                return try await put(whole, key, environment, expected: expected, caller, status: .ok)
            } catch let problem as Problem where problem.kind == .preconditionFailed {
                return nil
            }
        }
    }

    private func archive(_ call: Call, _ caller: Caller) async throws -> Answer {
        let (key, environment) = (try call.flagKey(), try call.environment(of: caller))
        let reason = try call.query("reason")["reason"]
        let stored = try await find(key, environment)
        guard stored.archivedAt == nil else { throw Problem(FlagRefusal.unknownFlag) }
        let expected = try Precondition(call.request.headers).version(changing: stored.version)
        try await changingFlags {
            try await store.archiveFlag(key, in: environment, expected: expected, by: caller.author(reason))
        }
        return .noContent
    }

    private func find(_ key: String, _ environment: FlagEnvironment) async throws -> FlagRecord {
        try await store.requireFlag(key, in: environment)
    }

    private func put(
        _ document: JSONValue, _ key: String, _ environment: FlagEnvironment, expected: Int64, _ caller: Caller,
        status: HTTPResponse.Status
    ) async throws -> Answer {
        try await changingFlags {
            let draft = try FlagDraft(document, key: key)
            let set = try await store.flagSet(environment)
            let checked: CheckedFlag
            do {
                checked = try CheckedFlag(key, draft.definition, for: set)
            } catch let error as FlagDocumentError {
                throw InvalidDocument(error, key: key)
            }
            try await store.putFlag(
                checked, draft.settings, in: environment, expected: expected, by: caller.author(draft.reason))
            return answer(status, try await find(key, environment), in: environment, checked.warnings)
        }
    }

    private func body(_ call: Call) async throws -> JSONValue {
        try await call.withBody(limit: Self.bodyLimit) { try JSONValue(parsing: $0, duplicates: .refused) }
    }

    private func settings(of document: JSONValue) -> JSONValue {
        guard case .object(let members) = document else { return document }
        return .object(members.filter { !Self.shownOnly.contains($0.key) })
    }

    private func requireKey(_ key: String, _ document: JSONValue) throws {
        guard case .object(let members) = document, let named = members["key"] else { return }
        guard named == .string(key) else {
            throw Problem(.invalidFlag, [.init("key", "is not the one in the path; a key can't be changed")])
        }
    }

    private func answer(
        _ status: HTTPResponse.Status, _ flag: FlagRecord, in environment: FlagEnvironment,
        _ warnings: [FlagFault] = []
    ) -> Answer {
        var shown = flag.shown
        if case .object(var members) = shown, !warnings.isEmpty {
            members["warnings"] = .array(warnings.map { $0.shown($0.path(within: flag.key)) })
            shown = .object(members)
        }
        return Answer(
            status, shown, version: flag.version,
            location: "/v1/environments/\(environment.name)/flags/\(flag.key)")
    }
}

import FlagEngine
import HTTPTypes
import HummingbirdCore
import JSON
import NIOCore
import Tenants

/// `/v1/environments`: sets of flags as a whole, and as flagd's documents.
struct EnvironmentsEndpoint: Sendable {
    let store: TenantStore

    var routes: [Route] {
        [
            .tenant(.read, .get, "/v1/environments") { _, caller in
                let found = try await store.environments(of: caller.tenant, shard: caller.shard)
                return Answer(.ok, .object(["environments": .array(found.map(\.shown))]))
            },
            .tenant(.read, .get, "/v1/environments/{environment}") { call, caller in
                answer(.ok, try await find(call.environment(of: caller)))
            },
            .tenant(.manage, .put, "/v1/environments/{environment}", replace),
            .tenant(.read, .get, "/v1/environments/{environment}/document", export),
            .tenant(.manage, .put, "/v1/environments/{environment}/document", load),
        ]
    }

    private func find(_ environment: FlagEnvironment) async throws -> FlagSetContents {
        guard let set = try await store.flagSet(environment) else { throw Problem(FlagRefusal.unknownEnvironment) }
        return set
    }

    private func replace(_ call: Call, _ caller: Caller) async throws -> Answer {
        let environment = try call.environment(of: caller)
        let document = try await call.withBody(limit: FlagLimits.documentBytes) {
            try JSONValue(parsing: $0, duplicates: .refused)
        }
        let stored = try await store.flagSet(environment)
        let expected = try Precondition(call.request.headers).version(replacing: stored?.version ?? 0)
        return try await changingFlags {
            let draft = try FlagSetDraft(document, stored: stored)
            try await store.putFlagSet(
                environment, bucketing: draft.bucketing, evaluators: draft.evaluators, metadata: draft.metadata,
                expected: expected, by: caller.author(draft.reason))
            return answer(expected == 0 ? .created : .ok, try await find(environment))
        }
    }

    private func answer(_ status: HTTPResponse.Status, _ set: FlagSetContents) -> Answer {
        Answer(
            status,
            .object([
                "name": .string(set.environment.name), "version": .number(JSONNumber(set.version)),
                "bucketing": .number(JSONNumber(set.bucketing.rawValue)), "evaluators": .object(set.ownEvaluators),
                "metadata": .object(set.ownMetadata), "flags": .number(JSONNumber(set.count)),
            ]), version: set.version, location: "/v1/environments/\(set.environment.name)")
    }

    private func export(_ call: Call, _ caller: Caller) async throws -> Answer {
        let set = try await find(call.environment(of: caller))
        return Answer(.ok, set.document.json, version: set.version)
    }

    /// As flagd's own tools write it; what it does not name stays, unless `prune=true`.
    private func load(_ call: Call, _ caller: Caller) async throws -> Answer {
        let environment = try call.environment(of: caller)
        let query = try call.query("validation", "prune", "reason")
        guard let validation = FlagValidation(rawValue: query["validation"] ?? "warn") else {
            throw Problem(.invalidRequest, "validation must be warn or strict.")
        }
        guard let prunes = Bool(query["prune"] ?? "false") else {
            throw Problem(.invalidRequest, "prune must be true or false.")
        }
        if let reason = query["reason"], reason.utf8.count > FlagAuthor.reasonLimit {
            throw Problem(.invalidRequest, "reason may have \(FlagAuthor.reasonLimit) bytes.")
        }
        let stored = try await store.flagSet(environment)
        let condition = try Precondition(call.request.headers)
        let expected =
            try stored.map { try condition.version(changing: $0.version) } ?? condition.version(replacing: 0)
        return try await call.withBody(limit: FlagLimits.documentBytes) { body in
            try await changingFlags {
                let checked = try CheckedFlagDocument(
                    FlagDocument(parsing: body), bucketing: stored?.bucketing ?? .cbor, validation: validation)
                let done = try await store.importFlags(
                    checked, prunes: prunes, into: environment, expected: expected,
                    by: caller.author(query["reason"]))
                return Answer(done, checked.warnings)
            }
        }
    }
}

extension Answer {
    fileprivate init(_ done: TenantStore.FlagImport, _ warnings: [FlagFault]) {
        self.init(
            .ok,
            .object([
                "version": .number(JSONNumber(done.version)), "created": .number(JSONNumber(done.created)),
                "changed": .number(JSONNumber(done.changed)), "archived": .number(JSONNumber(done.archived)),
                "warnings": .array(warnings.map { $0.shown($0.pointer) }),
            ]), version: done.version)
    }
}

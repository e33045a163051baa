import FlagEngine
import HTTPTypes
import HummingbirdCore
import JSON
import Tenants

/// What was changed when by whom, and the ways back: revisions, revert, kill; and which flags nobody needs any more.
struct FlagHistoryEndpoint: Sendable {
    private static let pageLimit = 200
    private static let days = 1...90

    let store: TenantStore

    var routes: [Route] {
        [
            .tenant(.read, .get, "/v1/environments/{environment}/revisions") { call, caller in
                try await revisions(of: nil, call, caller)
            },
            .tenant(.read, .get, "/v1/environments/{environment}/flags/{key}/revisions") { call, caller in
                try await revisions(of: call.flagKey(), call, caller)
            },
            .tenant(.manage, .post, "/v1/environments/{environment}/flags/{key}/revert", revert),
            .tenant(.manage, .post, "/v1/environments/{environment}/flags/{key}/kill", kill),
            .tenant(.read, .get, "/v1/environments/{environment}/usage", usage),
        ]
    }

    private func revisions(of key: String?, _ call: Call, _ caller: Caller) async throws -> Answer {
        let query = try call.query("limit", "before")
        let limit = try query.integer("limit", in: 1...Self.pageLimit) ?? 50
        let before = try query.integer("before", in: 1...Int.max).map(Int64.init)
        let environment = try call.environment(of: caller)
        let found = try await store.revisions(of: key, before: before, limit: limit, in: environment)
        if found.isEmpty {
            if let key {
                try await store.requireFlag(key, in: environment)
            } else {
                try await store.requireEnvironment(environment)
            }
        }
        return Answer(
            .ok,
            .object([
                "revisions": .array(found.map(\.shown)),
                "next": found.count >= limit
                    ? (found.last?.setVersion).map { .number(JSONNumber($0)) } ?? .null : .null,
            ]))
    }

    private func revert(_ call: Call, _ caller: Caller) async throws -> Answer {
        let (key, environment) = (try call.flagKey(), try call.environment(of: caller))
        var (version, reason) = (Int?.none, String?.none)
        try await call.withMembers(limit: 8 << 10) { scanner, name in
            switch name {
            case "version": version = try scanner.integer(name, in: 1...Int(Int32.max))
            case "reason": reason = try scanner.reason(name)
            default: return false
            }
            return true
        }
        guard let version else { throw Problem(.invalidRequest, "version must be given: that of a revision.") }
        let condition = try Precondition(call.request.headers)
        let stored = try await store.requireFlag(key, in: environment)
        let expected = try condition.version(changing: stored.version)
        return try await changingFlags {
            try await store.revertFlag(
                key, to: Int64(version), in: environment, expected: expected, by: caller.author(reason))
            return try await shown(key, environment)
        }
    }

    private func kill(_ call: Call, _ caller: Caller) async throws -> Answer {
        let (key, environment) = (try call.flagKey(), try call.environment(of: caller))
        var (variant, reason) = (String?.none, String?.none)
        try await call.withOptionalMembers(limit: 8 << 10) { scanner, name in
            switch name {
            case "variant": variant = try scanner.optional { try $0.text(name) }
            case "reason": reason = try scanner.reason(name)
            default: return false
            }
            return true
        }
        return try await changingFlags {
            try await store.killFlag(key, to: variant, in: environment, by: caller.author(reason))
            return try await shown(key, environment)
        }
    }

    private func usage(_ call: Call, _ caller: Caller) async throws -> Answer {
        let query = try call.query("days", "stale")
        let days = try query.integer("days", in: Self.days) ?? 30
        guard let staleOnly = Bool(query["stale"] ?? "false") else {
            throw Problem(.invalidRequest, "stale must be true or false.")
        }
        let environment = try call.environment(of: caller)
        let found = try await store.flagUsage(days: days, in: environment)
        if found.isEmpty { try await store.requireEnvironment(environment) }
        return Answer(
            .ok, .object(["flags": .array(found.filter { !staleOnly || $0.stale != nil }.map(\.shown))]))
    }

    private func shown(_ key: String, _ environment: FlagEnvironment) async throws -> Answer {
        let flag = try await store.requireFlag(key, in: environment)
        return Answer(.ok, flag.shown, version: flag.version)
    }
}

extension JSONScanner {
    mutating func reason(_ name: String) throws -> String? {
        try optional { scanner in
            let text = try scanner.text(name)
            guard text.utf8.count <= FlagAuthor.reasonLimit else {
                throw Problem(.invalidRequest, "\(name) may have \(FlagAuthor.reasonLimit) bytes.")
            }
            return text
        }
    }
}

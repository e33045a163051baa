import HTTPTypes
import HummingbirdCore
import JSON
import Model
package import Tenants

/// `/v1/environments/{environment}/flags/{key}/rollout`: begin, show, command; and those that have ended.
struct RolloutsEndpoint: Sendable {
    private static let pageLimit = 200
    private static let bodyLimit = 64 << 10
    private static let flag = "/v1/environments/{environment}/flags/{key}"

    let store: TenantStore

    var routes: [Route] {
        [
            .tenant(.read, .get, PathPattern(Self.flag + "/rollouts"), list),
            .tenant(.read, .get, PathPattern(Self.flag + "/rollout"), show),
            .tenant(.manage, .post, PathPattern(Self.flag + "/rollout"), start),
        ]
            + RolloutOrder.allCases.map { order in
                .tenant(.manage, .post, PathPattern(Self.flag + "/rollout/\(order.rawValue)")) {
                    try await self.order(order, $0, $1)
                }
            }
    }

    private func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let query = try call.query("limit", "cursor")
        let cursor = PageCursor(call, caller, query)
        let limit = try query.integer("limit", in: 1...Self.pageLimit) ?? 50
        let (key, environment) = (try call.flagKey(), try call.environment(of: caller))
        try await store.requireFlag(key, in: environment)
        let found = try await store.rollouts(
            of: key, before: try cursor.identifier(query["cursor"]), limit: limit + 1, in: environment)
        let page = found.prefix(limit)
        let next = found.count > limit ? page.last.map { cursor.encode($0.id) } : nil
        return Answer(
            .ok,
            .object(["rollouts": .array(page.map(\.shown)), "next": next.map { .string($0) } ?? .null]))
    }

    /// The one under way, or else the last.
    private func show(_ call: Call, _ caller: Caller) async throws -> Answer {
        let found = try await store.rollouts(of: call.flagKey(), limit: 1, in: call.environment(of: caller))
        guard let rollout = found.first else { throw Problem(.notFound, "The flag never had a rollout.") }
        return Answer(.ok, rollout.shown)
    }

    private func start(_ call: Call, _ caller: Caller) async throws -> Answer {
        let (key, environment) = (try call.flagKey(), try call.environment(of: caller))
        try await store.requireFlag(key, in: environment)
        let document = try await call.withBody(limit: Self.bodyLimit) {
            try JSONValue(parsing: $0, duplicates: .refused)
        }
        let draft = try Self.draft(document)
        let rollout = try await changing {
            try await store.startRollout(draft.plan, of: key, in: environment, by: caller.author(draft.reason))
        }
        var answer = Answer(.created, rollout.shown)
        answer.head.headerFields[.location] = "/v1/environments/\(environment.name)/flags/\(key)/rollout"
        return answer
    }

    private func order(_ order: RolloutOrder, _ call: Call, _ caller: Caller) async throws -> Answer {
        let (key, environment) = (try call.flagKey(), try call.environment(of: caller))
        try await store.requireFlag(key, in: environment)
        var reason: String?
        try await call.withOptionalMembers(limit: 8 << 10) { scanner, name in
            guard name == "reason" else { return false }
            reason = try scanner.reason(name)
            return true
        }
        let author = caller.author(reason)
        let rollout = try await changing {
            try await store.order(order, rolloutOf: key, in: environment, by: author)
        }
        return Answer(.ok, rollout.shown)
    }

    /// What is begun, and why. Throws a `Problem`.
    private static func draft(_ document: JSONValue) throws -> (plan: RolloutPlan, reason: String?) {
        var (plan, reason) = (document, String?.none)
        if case .object(var members) = document, let given = members["reason"] {
            switch given {
            case .null: break
            case .string(let text) where text.utf8.count <= FlagAuthor.reasonLimit && !text.utf8.contains(0):
                reason = text
            default:
                throw Problem(
                    .invalidRollout, [.init("reason", "must be a string of up to \(FlagAuthor.reasonLimit) bytes")])
            }
            members["reason"] = nil
            plan = .object(members)
        }
        do {
            return (try RolloutPlan(plan), reason)
        } catch let error as InvalidDocument {
            throw Problem(.invalidRollout, error.faults)
        }
    }

    /// Throws a `Problem` in place of a refusal.
    private func changing(_ change: () async throws -> Rollout) async throws -> Rollout {
        do {
            return try await change()
        } catch let refusal as RolloutRefusal {
            throw Problem(refusal)
        }
    }
}

extension Problem {
    package init(_ refusal: RolloutRefusal) {
        let kind: ProblemKind =
            switch refusal {
            case .noFlag: .notFound
            case .unknownVariant: .invalidRollout
            case .disabled, .notReferred, .active, .noneUnderWay: .rolloutState
            }
        self.init(kind, refusal.description.prefix(1).uppercased() + refusal.description.dropFirst() + ".")
    }
}

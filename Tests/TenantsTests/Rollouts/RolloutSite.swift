import FoundationEssentials
import JSON
import Model
import Postgres
import TestSupport
import Testing

@testable import Tenants

/// A tenant with a flag `f`, and what workers and time do to its rollouts.
struct RolloutSite: Sendable {
    static let definition = #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}"#
    /// The second step asks for a person.
    static let plan = """
        {"control": "off", "treatment": "on", "steps": [
            {"weight": 1000, "hold_s": 60}, {"weight": 5000, "hold_s": 60, "approval": true}]}
        """

    let client: Client
    let store: TenantStore
    let outcomes: RolloutStore
    let environment: FlagEnvironment

    static func guarded(_ mode: String) -> String {
        plan.replacing("\"steps\"", with: "\"guard\": {\"mode\": \"\(mode)\"}, \"steps\"")
    }

    func flag(_ definition: String = Self.definition) async throws {
        let value = try JSONValue(parsing: Array(definition.utf8))
        let flag = try CheckedFlag("f", value, for: try await store.flagSet(environment))
        try await store.putFlag(flag, in: environment, by: FlagAuthor("test"))
    }

    @discardableResult
    func start(_ plan: String = Self.plan) async throws -> Rollout {
        let plan = try RolloutPlan(try JSONValue(parsing: Array(plan.utf8)))
        return try await store.startRollout(plan, of: "f", in: environment, by: FlagAuthor("test"))
    }

    @discardableResult
    func order(_ order: RolloutOrder) async throws -> Rollout {
        try await store.order(order, rolloutOf: "f", in: environment, by: FlagAuthor("test", reason: "because"))
    }

    /// As many outcomes of each of so many units.
    func note(
        _ rollout: Rollout, isTreatment: Bool, units: Int, count: Int32 = 10, bad: Int32 = 0, named name: String = "u"
    ) async throws {
        try await outcomes.note(
            (0..<units).map { number in
                RolloutStore.Outcomes(
                    shard: environment.shard, tenant: environment.tenant, rollout: rollout.id, step: rollout.step,
                    isTreatment: isTreatment, unit: "\(name)\(number)", count: count, bad: bad)
            })
    }

    /// What a healthy step with the weight of 10 % has.
    func noteHealthy(_ rollout: Rollout) async throws {
        try await note(rollout, isTreatment: true, units: 20)
        try await note(rollout, isTreatment: false, units: 180)
    }

    /// What a check does after an hour; nil: nothing.
    func checkLater() async throws -> String? {
        try await execute(
            """
            UPDATE sluice.rollout SET next_check_at = now(), step_started_at = step_started_at - interval '1 hour'
            WHERE next_check_at IS NOT NULL
            """)
        return try await outcomes.checkNext(.only)?.done
    }

    /// The one under way, or the last.
    func current() async throws -> Rollout {
        try #require(try await store.rollouts(of: "f", limit: 1, in: environment).first)
    }

    /// Of the treatment, as the flag has it.
    func weight() async throws -> String? {
        try await text("SELECT evaluator #>> '{if,2,fractional,1,1}' FROM sluice.flag WHERE key = 'f'")
    }

    func isUnderWay() async throws -> Bool {
        try await text("SELECT rollout ->> 'id' FROM sluice.flag WHERE key = 'f'") != nil
    }

    func text(_ sql: String) async throws -> String? {
        try await client.execute(Statement(sql)).first?.decode(0, as: String?.self) ?? nil
    }

    func count(_ table: String) async throws -> Int64 {
        try await client.execute(Statement("SELECT count(*) FROM sluice.\(table)")).first?.decode(0) ?? 0
    }

    func execute(_ sql: String) async throws { _ = try await client.execute(Statement(sql)) }
}

func withRollouts(_ body: (RolloutSite) async throws -> Void) async throws {
    try await withDatabase { database in
        let client = database.client(statements: TenantStore.statements, connections: 4)
        let store = TenantStore(client, secrets: try SecretBox(base64: SecretBox.newKey()))
        let tenant = try await store.createTenant(named: "acme")
        let site = RolloutSite(
            client: client, store: store, outcomes: RolloutStore(client),
            environment: FlagEnvironment(tenant: tenant.id, shard: tenant.shard))
        try await site.flag()
        try await body(site)
    }
}

extension Rollout {
    /// A member of its verdict.
    func said(_ name: String) -> JSONValue? {
        guard case .object(let members)? = verdict else { return nil }
        return members[name]
    }
}

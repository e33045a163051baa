import FoundationEssentials
import JSON
package import Model
import Postgres
import SQL

/// The store of rollouts. What changes them throws a `RolloutRefusal`.
extension TenantStore {
    /// Begins a rollout with its first step; in force with the flag's next version.
    package func startRollout(
        _ plan: RolloutPlan, of key: String, in environment: FlagEnvironment, by author: FlagAuthor
    ) async throws -> Rollout {
        let id = RolloutID.new()
        let rows = try await client.execute(
            SQL["rollouts.start"],
            Parameters(
                environment.shard, environment.tenant.uuid, environment.name, key, id.uuid, plan.control,
                plan.treatment, plan.unit, plan.keepsSeed, JSONValue.array(plan.steps.map(\.json)).text,
                plan.protection.json.text, author.actor, author.reason))
        let answer: String = try rows.first?.decode(0) ?? RolloutRefusal.noFlag.rawValue
        if answer != "started" { throw RolloutRefusal(rawValue: answer) ?? RolloutRefusal.noFlag }
        guard let rollout = try await rollouts(of: key, limit: 1, in: environment).first else {
            throw RolloutRefusal.noFlag
        }
        return rollout
    }

    /// - Returns: the rollout as it then is.
    @discardableResult
    package func order(
        _ order: RolloutOrder, rolloutOf key: String, in environment: FlagEnvironment, by author: FlagAuthor
    ) async throws -> Rollout {
        let rows = try await client.execute(
            SQL["rollouts.order"],
            Parameters(
                environment.shard, environment.tenant.uuid, environment.name, key, order.rawValue, author.actor,
                author.reason))
        let answer: String = try rows.first?.decode(0) ?? RolloutRefusal.noneUnderWay.rawValue
        if answer != "done" { throw RolloutRefusal(rawValue: answer) ?? RolloutRefusal.noneUnderWay }
        guard let rollout = try await rollouts(of: key, limit: 1, in: environment).first else {
            throw RolloutRefusal.noneUnderWay
        }
        return rollout
    }

    /// A flag's, the newest first: the one under way, and those that have ended.
    ///
    /// - Parameter before: from before this one on; nil: from the newest.
    package func rollouts(
        of key: String, before: RolloutID? = nil, limit: Int, in environment: FlagEnvironment
    ) async throws -> [Rollout] {
        try await client.query(
            SQL["rollouts.of_flag"],
            Parameters(
                environment.shard, environment.tenant.uuid, environment.name, key, (before ?? .last).uuid,
                Int32(clamping: limit))
        ).map(Rollout.init)
    }
}

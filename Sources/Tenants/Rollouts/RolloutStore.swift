import FoundationEssentials
package import Model
package import Postgres
import SQL

/// What workers do for rollouts, of all tenants: count outcomes, and see to it that each is judged when it is due.
package struct RolloutStore: Sendable {
    package static let statements = [SQL["rollouts.note"], SQL["rollouts.check"]]

    /// How first attempts of one unit ended, on one side in one step.
    package struct Outcomes: Sendable {
        package let shard: Int16
        package let tenant: TenantID
        package let rollout: RolloutID
        package let step: Int16
        package let isTreatment: Bool
        package let unit: String
        package let count: Int32
        /// Those that did not deliver.
        package let bad: Int32

        package init(
            shard: Int16, tenant: TenantID, rollout: RolloutID, step: Int16, isTreatment: Bool, unit: String,
            count: Int32, bad: Int32
        ) {
            (self.shard, self.tenant, self.rollout, self.step) = (shard, tenant, rollout, step)
            (self.isTreatment, self.unit, self.count, self.bad) = (isTreatment, unit, count, bad)
        }
    }

    package struct Check: Sendable {
        package let tenant: TenantID
        package let rollout: RolloutID
        package let environment: String
        package let key: String
        /// nil: it goes on as it is.
        package let done: String?
    }

    private let client: Client

    /// The client must have prepared `statements`, and acts as `DatabaseRole.worker`.
    package init(_ client: Client) { self.client = client }

    /// Each unit of a side once. Outcomes of steps that are over are dropped.
    package func note(_ outcomes: [Outcomes]) async throws {
        _ = try await client.execute(
            SQL["rollouts.note"],
            Parameters(
                outcomes.map(\.shard), outcomes.map(\.tenant.uuid), outcomes.map(\.rollout.uuid), outcomes.map(\.step),
                outcomes.map(\.isTreatment), outcomes.map(\.unit), outcomes.map(\.count), outcomes.map(\.bad)))
    }

    /// Judges the rollout that is most overdue, and acts on the verdict; nil: none is due.
    package func checkNext(_ node: Node) async throws -> Check? {
        let rows = try await client.execute(SQL["rollouts.check"], Parameters(node.shards))
        guard let row = rows.first, let rollout = try row.decode(2, as: UUID?.self) else { return nil }
        return Check(
            tenant: TenantID(try row.decode(1)), rollout: RolloutID(rollout), environment: try row.decode(3),
            key: try row.decode(4), done: try row.decode(5))
    }
}

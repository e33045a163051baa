import SQL
import TestSupport
import Testing

/// Rules 2 and 3 of the storage design's scale-out section, on the text of statements and functions.
struct ScaleOutTests {
    static var volatile: Regex<Substring> {
        /\b(?:now|clock_timestamp|statement_timestamp|random|gen_random_uuid|nextval|timeofday)\s*\(/.wordBoundaryKind(
            .simple)
    }

    @Test func thereIsSomethingToScan() {
        #expect(ScannedSQL.functions().count > 15)
        #expect(ScannedSQL.all().contains { $0.text.contains("DELETE FROM sluice.in_flight") })
    }

    /// Times, ids and random numbers come in as parameters or variables: a statement that is sent to several servers,
    /// or repeated, must do the same.
    @Test(arguments: ScannedSQL.all())
    func nothingVolatileIsWritten(_ statement: ScannedSQL) {
        guard statement.text.contains(/INSERT INTO|UPDATE sluice|DELETE FROM|ON CONFLICT/) else { return }
        #expect(!statement.text.contains(Self.volatile), "\(statement.text)")
    }

    /// What a tenant owns lies on one shard, and every statement says on which: at every table that it touches.
    @Test(arguments: ScannedSQL.all())
    func everyTableIsAskedByShard(_ statement: ScannedSQL) throws {
        guard !Self.wholeCluster.contains(statement.origin) else { return }
        let owned = try Regex(
            "\\b(?:FROM|JOIN|INTO|UPDATE|USING)\\s+sluice\\.(?:\(Self.owned.joined(separator: "|")))\\b"
        ).wordBoundaryKind(.simple)
        let tables = statement.text.matches(of: owned).count
        let shards = statement.text.matches(of: /\b(?:p_|v_)?shards?\b/.wordBoundaryKind(.simple)).count
        #expect(shards >= tables, "\(statement.text)")
    }

    static let owned = [
        "circuit", "circuit_bucket", "circuit_event", "circuit_policy",
        "request", "idempotency_key", "lane", "ready", "in_flight", "attempt", "dead_letter", "destination", "api_key",
        "delivery", "health_check", "expiry", "replay", "route", "source", "flag_set", "flag", "flag_revision",
        "flag_use",
        "rollout", "rollout_outcome", "traffic", "depth",
    ]

    /// Of the configuration's snapshot, which is of all shards, of partitions, which span them, of what ends with time
    /// everywhere, and of samples of all tenants.
    static let wholeCluster: Set = [
        "keys.all", "destinations.all", "circuits.policies", "sluice.drop_partitions", "sluice.forget_flag_uses",
        "statistics.depths", "statistics.totals",
    ]
}

extension ScannedSQL: CustomTestStringConvertible {
    var testDescription: String { origin }
}

import FoundationEssentials
import Postgres
import SQL
import Tenants
import TestSupport
import Testing

/// Every named statement as the API's role, with what belongs to another tenant for parameters: it answers as if that did
/// not exist, and changes nothing of it.
@Suite(.serialized) struct StatementIsolationTests {
    /// What the API does for one tenant at a time. A new statement belongs here or below.
    static let ofOneTenant: Set = [
        "circuits.attention", "circuits.command", "circuits.events", "circuits.find", "circuits.page",
        "circuits.put_policy", "circuits.show", "circuits.tenant_policies", "destinations.delete",
        "destinations.of_tenant", "destinations.put",
        "flags.archive", "flags.environments", "flags.import", "flags.kill", "flags.list", "flags.put", "flags.put_set",
        "flags.revert", "flags.revisions", "flags.set", "flags.staleness", "health.delete",
        "health.list", "health.put", "keys.create", "keys.find", "keys.list", "keys.revoke", "keys.rotate",
        "replays.cancel", "replays.count", "replays.letters", "replays.list", "replays.start", "requests.attempts",
        "requests.body", "requests.cancel", "requests.deliveries", "requests.find", "requests.list",
        "requests.outcome", "requests.replay", "rollouts.of_flag", "rollouts.order", "rollouts.start", "routes.delete",
        "routes.of_tenant", "routes.put", "sources.delete",
        "sources.of_tenant", "sources.put", "sources.rotate", "statistics.depth", "statistics.traffic",
        "tenants.in_flight", "tenants.waiting",
    ]

    /// What the gateway does for all of them, as another role.
    static let ofTheGateway: Set = [
        "circuits.apply", "circuits.due", "circuits.policies", "circuits.sums", "circuits.traffic",
        "circuits.unsettled",
        "deliveries.arm", "deliveries.arm_due", "deliveries.claim", "deliveries.claim_probe", "deliveries.expire",
        "deliveries.reconcile", "deliveries.report", "deliveries.rescue", "deliveries.tell", "destinations.all",
        "completion.destinations", "completion.tenants",
        "destinations.changed", "destinations.reseal", "destinations.sealed_otherwise", "doctor.access",
        "doctor.gateway", "doctor.holders", "doctor.membership", "doctor.partitions", "doctor.secrets", "doctor.server",
        "doctor.tables", "doctor.transactions", "flags.all_sets", "flags.changed_sets",
        "flags.note_uses", "health.hasten", "health.lease", "health.record",
        "health.return", "health.told", "keys.all", "keys.changed", "keys.note_uses", "metrics.echo", "metrics.server",
        "processes.beat", "processes.leave", "processes.list", "processes.schema", "replays.advance",
        "replays.running", "replica.lag", "requests.store", "rollouts.check", "rollouts.note", "routes.all",
        "routes.changed",
        "sources.all", "sources.changed",
        "sources.reseal", "sources.sealed_otherwise", "statistics.depths", "statistics.record_traffic",
        "statistics.totals",
        "statistics.traffic_of_all", "tenants.all", "tenants.change_quotas", "tenants.changed",
        "tenants.changes", "tenants.create", "tenants.find", "tenants.grant_reader", "tenants.list",
        "tenants.revoke_reader",
        "tenants.set_state", "tenants.version", "top.circuits", "top.destinations", "top.summary", "upkeep.bloated",
        "upkeep.drop_partitions", "upkeep.ensure_partitions",
        "upkeep.expire_keys", "upkeep.finish_deletions", "upkeep.forget_changes", "upkeep.forget_flag_uses",
        "upkeep.forget_traffic", "upkeep.lead", "upkeep.remove_tenants", "upkeep.sample_depths",
        "upkeep.forget_processes",
        "upkeep.lead",
        "upkeep.remove_tenants",
        "upkeep.vacuum_in_flight", "upkeep.vacuum_lane", "upkeep.vacuum_ready",
    ]

    /// Of one tenant, but without an answer that tells whether it did something.
    static let silent: Set = ["circuits.put_policy", "health.put"]

    @Test func everyStatementIsOfOneTenantOrOfTheGateway() {
        let names = Set(SQL.statements.map(\.name))
        #expect(names.subtracting(Self.ofOneTenant.union(Self.ofTheGateway)) == [], "name these above")
        #expect(Self.ofOneTenant.union(Self.ofTheGateway).subtracting(names) == [])
        #expect(Self.ofOneTenant.isDisjoint(with: Self.ofTheGateway))
    }

    @Test func tenantsHaveSomethingInEveryTable() async throws {
        try await withSite { site in
            let tenant = try await Belongings.make("a", on: site)
            for row in try await site.client.execute(Site.everything(of: tenant)) {
                let (table, count) = (try row.decode(0, as: String.self), try row.decode(1, as: String.self))
                #expect(count != "0", "add a row of \(table) to Belongings.make")
            }
        }
    }

    @Test func whatIsForeignIsAsIfItWereNot() async throws {
        try await withSite { site in
            let victim = try await Belongings.make("victim", on: site)
            let other = try await Belongings.make("other", on: site)
            let unknown = Belongings.unknown
            for statement in SQL.statements where !statement.sql.hasPrefix("VACUUM") {
                for (foreign, missing) in [
                    (victim, unknown), (victim.claimed(by: other), unknown.claimed(by: other)),
                ] {
                    for scope in [other.tenant, nil] {
                        let told = try await answer(statement, foreign, scope, site, watching: victim)
                        let expected = try await answer(statement, missing, scope, site, watching: victim)
                        // Without parameters it is about nobody, and may tell the time.
                        if statement.parameters?.isEmpty == false { #expect(told == expected, "\(statement.name)") }
                        #expect(
                            !told.contains("of victim") && !told.contains("to-victim"), "\(statement.name): \(told)")
                    }
                }
            }
        }
    }

    /// Otherwise the test above would see nothing where there is nothing to see.
    @Test func whatIsOnesOwnIsThere() async throws {
        try await withSite { site in
            let own = try await Belongings.make("own", on: site)
            for statement in SQL.statements where Self.ofOneTenant.contains(statement.name) {
                let mine = try await answer(statement, own, own.tenant, site)
                #expect(!mine.contains("permission denied"), "\(statement.name): \(mine)")
                let none = try await answer(statement, .unknown, own.tenant, site)
                #expect(mine != none || Self.silent.contains(statement.name), "\(statement.name): \(mine)")
                // Without a scope there is nothing.
                let unscoped = try await answer(statement, own, nil, site)
                #expect(unscoped != mine || Self.silent.contains(statement.name), "\(statement.name): \(mine)")
            }
        }
    }

    /// What the statement answers or fails with, with the names of ids in place of ids. All is undone. Fails where
    /// something of the watched tenant has changed.
    private func answer(
        _ statement: Statement, _ ids: Belongings, _ scope: UUID?, _ site: Site, watching victim: Belongings? = nil
    ) async throws -> String {
        let text = Statement("SELECT coalesce(string_agg(to_jsonb(r)::text, ','), '') FROM (\(statement.sql)) r")
        var before = ""
        if let victim { before = try await everything(of: victim, site) }
        return try await site.client.withConnection { lease in
            try await lease.execute(Statement("BEGIN"))
            try await lease.execute(Statement("SET LOCAL ROLE sluice_api"))
            try await lease.execute(
                Statement("SELECT set_config('sluice.tenant_id', $1, true)"),
                Parameters(scope.map { "\($0)" } ?? ""))
            var told: String
            do {
                let row = try await lease.execute(text, statement.arguments(ids)).first
                told = try row?.decode(0) ?? ""
                if let victim {
                    try await lease.execute(Statement("RESET ROLE"))
                    let after = try await lease.execute(Site.everything(of: victim))
                    #expect(try Self.text(after) == before, "\(statement.name)")
                }
            } catch let error as PostgresError where error.code == .server {
                told = "\(error.sqlState ?? ""): \(error.message)"
            }
            try await lease.execute(Statement("ROLLBACK"))
            // Lanes are numbered by a sequence, which is not undone.
            told.replace(/"lanes": \[[0-9, ]+\]/, with: "lanes")
            return ids.anonymous(told)
        }
    }

    private func everything(of tenant: Belongings, _ site: Site) async throws -> String {
        try Self.text(try await site.client.execute(Site.everything(of: tenant)))
    }

    private static func text(_ rows: Rows) throws -> String {
        try rows.map { try "\($0.decode(0, as: String.self)) \($0.decode(2, as: String.self))" }.joined(separator: "\n")
    }
}

extension Belongings {
    /// The text with the kinds of these ids in their place.
    func anonymous(_ text: String) -> String {
        [
            ("tenant", tenant), ("destination", destination), ("request", request), ("dead", dead), ("key", key),
            ("check", check), ("replay", replay),
        ].reduce(text) { $0.replacing($1.1.uuidString.lowercased(), with: $1.0) }
            .replacing("to-\(name)", with: "to-name").replacing("reader of \(name)", with: "reader of name")
            .replacing("tenant \(name)", with: "tenant name")
    }
}

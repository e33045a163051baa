import FoundationEssentials
import Model
import Postgres
import Requests
import SQL
import Tenants
import Testing

/// The ids of what one tenant has: one or more rows in every table that holds rows of tenants.
struct Belongings: Sendable {
    var tenant = UUID()
    var name = "nobody"
    var destination = UUID()
    var lane: Int64 = 999_999
    /// Waits, with an idempotency key and an expiry.
    var request = UUIDv7.next()
    /// Is a dead letter.
    var dead = UUIDv7.next()
    var key = UUID()
    var check = UUID()
    var replay = UUIDv7.next()

    /// Somebody's who is not there, with ids of today.
    static var unknown: Belongings { Belongings() }

    /// These ids as another tenant would send them: with its own name in front.
    func claimed(by other: Belongings) -> Belongings {
        var mixed = self
        (mixed.tenant, mixed.name) = (other.tenant, other.name)
        return mixed
    }

    /// A tenant with a destination, a request in each state, and whatever else a tenant can have.
    static func make(_ name: String, on site: Site) async throws -> Belongings {
        let tenant = try await site.tenant(name)
        let destination = try await site.destination("to-\(name)", of: tenant)
        let idempotency = Idempotency(
            key: Array("key of \(name)     ".utf8.prefix(16)), fingerprint: [UInt8](repeating: 1, count: 16))
        let delivered = NewRequest(to: destination)
        let (dead, flying) = (NewRequest(to: destination), NewRequest(to: destination))
        let waiting = NewRequest(
            to: destination, body: Array("body of \(name)".utf8), expiresAt: .now + .seconds(3600),
            idempotency: idempotency)
        try await site.add([delivered])
        try await site.report(site.claim(), .delivered)
        try await site.add([dead])
        try await site.report(site.claim(), .dead, .rejected)
        try await site.add([flying])
        #expect(try await site.claim().count == 1)
        try await site.add([waiting])
        var made = Belongings(
            tenant: tenant.uuid, name: name, destination: destination.id.uuid, lane: destination.lane.number,
            request: waiting.id.uuid, dead: dead.id.uuid)
        made.key =
            try await site.tenants.createKey(.new(), label: "key of \(name)", tenant: tenant, shard: Site.shard).uuid
        for name in [
            // The command holds the lane: nobody claims what waits.
            "health.put", "circuits.put_policy", "circuits.command", "replays.start", "routes.put", "sources.put",
            "flags.put", "rollouts.start",
        ] {
            _ = try await site.client.execute(SQL[name], SQL[name].arguments(made))
        }
        _ = try await site.client.execute(
            Statement(
                """
                INSERT INTO sluice.circuit_bucket
                SELECT shard, tenant_id, destination_id, gen_random_uuid(), 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0
                FROM sluice.destination WHERE tenant_id = $1
                """), Parameters(made.tenant))
        _ = try await site.client.execute(
            Statement(
                """
                INSERT INTO sluice.flag_use (shard, tenant_id, environment, key, day, variant, count, last_at)
                SELECT shard, tenant_id, environment, key, now()::date, 'x', 1, now() FROM sluice.flag WHERE tenant_id = $1
                """), Parameters(made.tenant))
        _ = try await site.client.execute(
            Statement(
                """
                INSERT INTO sluice.rollout_outcome
                SELECT shard, tenant_id, rollout_id, step, true, 'x', 1, 0, started_at FROM sluice.rollout WHERE tenant_id = $1
                """), Parameters(made.tenant))
        _ = try await site.client.execute(
            Statement(
                """
                INSERT INTO sluice.traffic (shard, tenant_id, minute, process, accepted, delivered, retried, dead, other)
                VALUES ($1, $2, date_trunc('minute', now()), gen_random_uuid(), 4, 1, 0, 1, 0)
                """), Parameters(Site.shard, made.tenant))
        _ = try await site.client.execute(SQL["upkeep.sample_depths"], Parameters([Site.shard], Duration.seconds(1)))
        _ = try await site.client.execute(
            Statement("INSERT INTO sluice.tenant_reader (role_name, shard, tenant_id) VALUES ($1::text, $2, $3)"),
            Parameters("reader of \(name)", Site.shard, made.tenant))
        return made
    }
}

extension Site {
    /// All that a tenant has, by table: the number of its rows and what is in them.
    static func everything(of tenant: Belongings) -> Statement {
        Statement(
            """
            SELECT t.name::text, (xpath('/row/c/text()', counted))[1]::text, (xpath('/row/m/text()', counted))[1]::text
            FROM sluice.access_tables() t CROSS JOIN LATERAL query_to_xml(format(
                'SELECT count(*) AS c, md5(coalesce(string_agg(r::text, '','' ORDER BY r::text), '''')) AS m FROM sluice.%I r WHERE %s',
                t.name, CASE t.belongs_by WHEN 'tenant' THEN 'tenant_id = ''\(tenant.tenant)''' ELSE 'lane_id = \(tenant.lane)' END),
                false, true, '') AS counted
            WHERE t.belongs_by IS NOT NULL ORDER BY t.name
            """)
    }
}

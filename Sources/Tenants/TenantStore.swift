package import Model
package import Postgres
import SQL

/// Writes and reads the configuration of tenants.
package struct TenantStore: Sendable {
    package static let statements = SQL.statements.filter { $0.name.hasPrefix("tenants.") }

    private let client: Client
    private let secrets: SecretBox

    /// The client must have prepared `statements`.
    package init(_ client: Client, secrets: SecretBox) {
        self.client = client
        self.secrets = secrets
    }

    /// Makes a tenant, or finds the one of that name.
    package func createTenant(named name: String) async throws -> (id: TenantID, shard: Int16) {
        let shard = Int16.random(in: 0..<Int16(Node.shardCount))
        _ = try await client.execute(SQL["tenants.create"], Parameters(TenantID.new().uuid, name, shard))
        return try await requireTenant(named: name)
    }

    /// Throws `UnknownTenant`.
    package func requireTenant(named name: String) async throws -> (id: TenantID, shard: Int16) {
        guard let row = try await client.query(SQL["tenants.find"], Parameters(name)).first else {
            throw UnknownTenant(name: name)
        }
        return (TenantID(try row.decode(0)), try row.decode(1))
    }

    package func createKey(_ key: APIKey, label: String, tenant: TenantID, shard: Int16) async throws {
        let parameters = Parameters(shard, tenant.uuid, KeyID.new().uuid, Bytea(key.hash.bytes), label)
        _ = try await client.execute(SQL["tenants.create_key"], parameters)
    }

    /// Makes a destination with its lane, or changes the one of that name.
    @discardableResult
    package func putDestination(
        _ settings: DestinationSettings, tenant: TenantID, shard: Int16
    ) async throws -> Destination {
        let sealed = try settings.signingSecret.map {
            try secrets.seal($0, owner: Self.secretOwner(tenant, settings.name))
        }
        let rows = try await client.execute(
            SQL["tenants.put_destination"],
            Parameters(
                shard, tenant.uuid, DestinationID.new().uuid, settings.name, settings.baseURL,
                settings.connectTimeout.milliseconds, settings.timeout.milliseconds, settings.maxInFlight,
                settings.ratePerSecond, settings.rateBurst, settings.maxAttempts, settings.backoff.base.milliseconds,
                settings.backoff.cap.milliseconds, sealed.map { Bytea($0) }))
        guard let row = rows.first else {
            throw PostgresError(.mismatch, "no destination came back", statement: "tenants.put_destination")
        }
        return Destination(
            tenant: tenant, id: DestinationID(try row.decode(0)),
            lane: LaneID(shard: shard, number: try row.decode(1)), settings: settings)
    }

    package func version() async throws -> Int64 {
        try await client.query(SQL["tenants.version"]).first?.decode(0) ?? 0
    }

    /// Reads the version first: a change that comes in between is read, and read again.
    package func snapshot() async throws -> TenantSnapshot {
        let version = try await version()
        async let keys = client.query(SQL["tenants.all_keys"])
        async let destinations = client.query(SQL["tenants.all_destinations"])
        return TenantSnapshot(
            version: version, keys: try await keys.map(Self.caller),
            destinations: try await destinations.map(destination))
    }

    private static func caller(_ row: Row) throws -> (APIKeyHash, Caller) {
        guard let hash = APIKeyHash(try row.decode(3, as: Bytea.self).bytes) else {
            throw PostgresError(.mismatch, "a key's hash is not a SHA-256", statement: "tenants.all_keys")
        }
        let caller = Caller(
            tenant: TenantID(try row.decode(1)), shard: try row.decode(0), key: KeyID(try row.decode(2)),
            expiresAt: try row.decode(4))
        return (hash, caller)
    }

    private func destination(_ row: Row) throws -> Destination {
        let tenant = TenantID(try row.decode(1))
        var settings = DestinationSettings(name: try row.decode(4), baseURL: try row.decode(5))
        settings.connectTimeout = .milliseconds(try row.decode(6, as: Int32.self))
        settings.timeout = .milliseconds(try row.decode(7, as: Int32.self))
        settings.maxInFlight = try row.decode(8)
        settings.ratePerSecond = try row.decode(9)
        settings.rateBurst = try row.decode(10)
        settings.maxAttempts = try row.decode(11)
        settings.backoff = Backoff(
            base: .milliseconds(try row.decode(12, as: Int32.self)),
            cap: .milliseconds(try row.decode(13, as: Int32.self)))
        settings.signingSecret = try row.decode(14, as: Bytea?.self).map {
            try secrets.open($0.bytes, owner: Self.secretOwner(tenant, settings.name))
        }
        return Destination(
            tenant: tenant, id: DestinationID(try row.decode(2)),
            lane: LaneID(shard: try row.decode(0), number: try row.decode(3)), settings: settings)
    }

    private static func secretOwner(_ tenant: TenantID, _ destination: String) -> String {
        "signing secret of destination \(destination), tenant \(tenant)"
    }
}

package struct UnknownTenant: Error, CustomStringConvertible {
    let name: String
    package var description: String { "there is no tenant \(name)" }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero; the largest where there are more.
    fileprivate var milliseconds: Int32 { Int32(clamping: microseconds / 1000) }
}

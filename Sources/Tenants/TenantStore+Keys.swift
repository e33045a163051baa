import FoundationEssentials
package import Model
package import Postgres
import SQL

extension TenantStore {
    /// Valid keys of one tenant; beyond them none is made. Every process holds every key in memory.
    package static let keyLimit: Int32 = 1_000

    @discardableResult
    package func createKey(
        _ key: APIKey, label: String, scopes: Scopes = .standard, expiresAt: Timestamp? = nil,
        environment: String = FlagEnvironment.standard, tenant: TenantID, shard: Int16
    ) async throws -> KeyID {
        let id = KeyID.new()
        let rows = try await client.execute(
            SQL["keys.create"],
            Parameters(
                shard, tenant.uuid, id.uuid, Bytea(key.hash.bytes), label, scopes.words, expiresAt, environment,
                Self.keyLimit))
        guard try rows.first?.decode(0) ?? false else { throw TooManyKeys() }
        return id
    }

    /// Ends a key at once and for good; false where the tenant has no such key.
    package func revokeKey(_ id: KeyID, tenant: TenantID, shard: Int16) async throws -> Bool {
        try await client.execute(SQL["keys.revoke"], Parameters(shard, tenant.uuid, id.uuid)).first?.decode(0) ?? false
    }

    /// Makes a key with the label and scopes of another, which goes on for the overlap; nil where that is not valid.
    package func rotateKey(
        _ old: KeyID, to key: APIKey, overlap: Duration, expiresAt: Timestamp? = nil, tenant: TenantID, shard: Int16
    ) async throws -> KeyID? {
        let id = KeyID.new()
        let rows = try await client.execute(
            SQL["keys.rotate"],
            Parameters(shard, tenant.uuid, old.uuid, id.uuid, Bytea(key.hash.bytes), overlap, expiresAt))
        return try rows.first?.decode(0) ?? false ? id : nil
    }

    /// The newest first.
    ///
    /// - Parameter before: from after this one on; nil: from the start.
    package func keys(
        of tenant: TenantID, shard: Int16, before: KeyID? = nil, limit: Int32
    ) async throws -> [KeyRecord] {
        let parameters = Parameters(shard, tenant.uuid, before?.uuid ?? KeyID.last.uuid, limit)
        return try await client.query(SQL["keys.list"], parameters).map(KeyRecord.init)
    }

    package func key(_ id: KeyID, of tenant: TenantID, shard: Int16) async throws -> KeyRecord? {
        try await client.query(SQL["keys.find"], Parameters(shard, tenant.uuid, id.uuid)).first.map(KeyRecord.init)
    }

    /// Records when keys were last used.
    func noteUses(_ uses: [KeyUses.Use]) async throws {
        _ = try await client.execute(
            SQL["keys.note_uses"],
            Parameters(uses.map(\.shard), uses.map(\.tenant.uuid), uses.map(\.key.uuid), uses.map(\.at)))
    }
}

package struct TooManyKeys: Error, CustomStringConvertible {
    package var description: String {
        "a tenant may have \(TenantStore.keyLimit) valid keys: revoke some that are not used"
    }
}

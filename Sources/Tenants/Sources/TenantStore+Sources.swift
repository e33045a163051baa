import FoundationEssentials
package import Model
import Postgres
import SQL

extension TenantStore {
    /// Sources of a tenant: every process holds all of them. One a partner or account is many; more are better keyed
    /// callers.
    package static let sourceLimit: Int32 = 1_000

    /// Makes a source whose URL has the token, or changes the one of that name, whose URL stays.
    ///
    /// - Parameters:
    ///   - destination: of the name that the settings have; nil where they have a topic.
    ///   - expected: the version that is changed, 0 where there must be none; nil: any.
    package func putSource(
        _ settings: SourceSettings, to destination: DestinationID?, token: SourceToken, tenant: TenantID, shard: Int16,
        expected: Int64? = nil
    ) async throws -> Put<Source> {
        let topic: String? = if case .topic(let topic) = settings.target { topic.text } else { nil }
        let rows = try await client.execute(
            SQL["sources.put"],
            Parameters(
                shard, tenant.uuid, SourceID.new().uuid, settings.name, destination?.uuid, topic,
                settings.scheme.rawValue, settings.toleranceSeconds, settings.isEnabled,
                Bytea(try secrets.seal(settings, of: tenant)), Bytea(token.hash.bytes), expected, Self.sourceLimit))
        return try Self.put(rows) { id, version in
            Source(
                tenant: tenant, shard: shard, id: SourceID(id), settings: settings, destination: destination,
                token: token.hash, version: version)
        }
    }

    /// By name, from the given one on.
    package func sources(
        from name: String = "", limit: Int, tenant: TenantID, shard: Int16
    ) async throws -> [Source] {
        try await client.query(
            SQL["sources.of_tenant"], Parameters(shard, tenant.uuid, name, Int32(clamping: limit))
        ).map { row in
            guard let source = try source(row) else {
                throw PostgresError(.mismatch, "a source is of a later version", statement: "sources.of_tenant")
            }
            return source
        }
    }

    /// nil where the tenant has none of that name.
    package func source(named name: String, tenant: TenantID, shard: Int16) async throws -> Source? {
        try await sources(from: name, limit: 1, tenant: tenant, shard: shard).first { $0.settings.name == name }
    }

    /// Gives a source's URL another token; the one before goes on for the overlap. False where there is no such source.
    package func rotateToken(
        ofSource name: String, to token: SourceToken, overlap: Duration, tenant: TenantID, shard: Int16
    ) async throws -> Bool {
        let rows = try await client.execute(
            SQL["sources.rotate"], Parameters(shard, tenant.uuid, name, Bytea(token.hash.bytes), overlap))
        return try rows.first?.decode(0) ?? false
    }

    package func deleteSource(
        named name: String, tenant: TenantID, shard: Int16, expected: Int64? = nil
    ) async throws -> Removal {
        try Self.removal(
            try await client.execute(SQL["sources.delete"], Parameters(shard, tenant.uuid, name, expected)))
    }

    /// nil where it is of a later version, with a scheme that this one doesn't know: its URL opens nothing here.
    func source(_ row: Row) throws -> Source? {
        let (tenant, name): (TenantID, String) = (TenantID(try row.decode(1)), try row.decode(3))
        let topic = try row.decode(6, as: String?.self).flatMap(Topic.init)
        let destination: String? = try row.decode(5)
        guard let target = topic.map(SourceSettings.Target.topic) ?? destination.map({ .destination($0) }),
            let scheme = SignatureScheme(rawValue: try row.decode(7)), let token = try Self.hash(row, 11)
        else { return nil }
        var settings = SourceSettings(name: name, target: target, scheme: scheme)
        settings.toleranceSeconds = try row.decode(8)
        settings.isEnabled = try row.decode(9)
        secrets.open(try row.decode(10, as: Bytea.self).bytes, into: &settings, of: tenant)
        let (old, endsAt) = (try Self.hash(row, 12), try row.decode(13, as: Timestamp?.self))
        return Source(
            tenant: tenant, shard: try row.decode(0), id: SourceID(try row.decode(2)), settings: settings,
            destination: try row.decode(4, as: UUID?.self).map { DestinationID($0) }, token: token,
            old: old.flatMap { old in endsAt.map { (old, $0) } }, version: try row.decode(14))
    }

    private static func hash(_ row: Row, _ column: Int) throws -> SourceToken.Hash? {
        try row.decode(column, as: Bytea?.self).flatMap { SourceToken.Hash($0.bytes) }
    }
}

import FoundationEssentials
import Model
import Postgres
import SQL

extension TenantStore {
    /// What sealing all secrets anew came to.
    package struct Resealing: Sendable, Equatable {
        package var resealed = 0
        /// Why secrets could not be opened; they stay as they are.
        package var failures: [String] = []
    }

    /// Seals every secret that is sealed with another key than the current one anew, a bounded batch at a time. It can
    /// be stopped and begun again at any time; what is changed meanwhile keeps the change.
    package func resealSecrets(batch: Int32 = 500) async throws -> Resealing {
        var resealing = Resealing()
        for kind in [Sealed.destinations, Sealed.sources] { try await reseal(kind, batch, &resealing) }
        return resealing
    }

    /// Rows that have secrets.
    private struct Sealed {
        let page: Statement
        let write: Statement
        /// Of a row, by its name.
        let owner: (TenantID, String) -> String

        static var destinations: Sealed {
            Sealed(
                page: SQL["destinations.sealed_otherwise"], write: SQL["destinations.reseal"],
                owner: DestinationSecrets.owner)
        }

        static var sources: Sealed {
            Sealed(page: SQL["sources.sealed_otherwise"], write: SQL["sources.reseal"], owner: SourceSecrets.owner)
        }
    }

    private func reseal(_ kind: Sealed, _ batch: Int32, _ resealing: inout Resealing) async throws {
        var after: (shard: Int16, tenant: UUID, id: UUID) = (-1, Self.zeros, Self.zeros)
        while true {
            let rows = try await client.query(
                kind.page, Parameters(Bytea(secrets.currentID), after.shard, after.tenant, after.id, batch))
            guard rows.count > 0 else { return }
            let last = rows[rows.count - 1]
            after = (try last.decode(0), try last.decode(1), try last.decode(2))
            try await reseal(rows, of: kind, &resealing)
        }
    }

    private func reseal(_ rows: Rows, of kind: Sealed, _ resealing: inout Resealing) async throws {
        var keys: (shards: [Int16], tenants: [UUID], ids: [UUID]) = ([], [], [])
        var before: [Bytea] = []
        var sealed: [Bytea] = []
        for row in rows {
            let tenant: UUID = try row.decode(1)
            let owner = kind.owner(TenantID(tenant), try row.decode(3))
            let old: Bytea = try row.decode(4)
            do {
                sealed.append(Bytea(try secrets.seal(try secrets.open(old.bytes, owner: owner), owner: owner)))
            } catch let error as SecretError {
                resealing.failures.append(error.description)
                continue
            }
            keys.shards.append(try row.decode(0))
            keys.tenants.append(tenant)
            keys.ids.append(try row.decode(2))
            before.append(old)
        }
        let rows = try await client.execute(
            kind.write, Parameters(keys.shards, keys.tenants, keys.ids, before, sealed))
        resealing.resealed += try rows.first.map { Int(try $0.decode(0, as: Int32.self)) } ?? 0
    }

    private static let zeros = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
}

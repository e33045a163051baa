import HTTPTypes
import JSON
import Model
import Postgres
import Tenants

/// What a tenant with `manage`, and the operator, do with a tenant's keys.
struct KeyDesk: Sendable {
    private static let pageLimit = 100
    /// A week: longer, and the old key is no rotation.
    private static let overlaps = 0...604_800

    let store: TenantStore
    let tenant: TenantID
    let shard: Int16
    /// Where the keys have their addresses.
    let path: String
    /// Scopes that may be given to a key.
    let grantable: Scopes

    func list(_ call: Call) async throws -> Answer {
        let query = try call.query("before", "limit")
        let limit = try query.integer("limit", in: 1...1_000) ?? Self.pageLimit
        let before = try query["before"].map { text in
            guard let id = KeyID(text) else { throw Problem(.invalidRequest, "before is not the id of a key.") }
            return id
        }
        return Answer(try await store.keys(of: tenant, shard: shard, before: before, limit: Int32(limit)), limit: limit)
    }

    func create(_ call: Call) async throws -> Answer {
        let wanted = try await NewKey(call)
        try requireGrantable(wanted.scopes)
        let key = APIKey.new()
        do {
            let id = try await store.createKey(
                key, label: wanted.label, scopes: wanted.scopes, expiresAt: wanted.expiresAt,
                environment: wanted.environment, tenant: tenant, shard: shard)
            return Answer(key, try await record(id), under: path)
        } catch let error as TooManyKeys {
            throw Problem(.tooManyKeys, "\(error).")
        }
    }

    func rotate(_ call: Call) async throws -> Answer {
        var (overlap, expiresAt) = (86_400, Timestamp?.none)
        try await call.withMembers(limit: 4 << 10) { scanner, name in
            switch name {
            case "overlap_s": overlap = try scanner.integer(name, in: Self.overlaps)
            case "expires_at": expiresAt = try scanner.optional { try $0.expiry(name, now: call.now) }
            default: return false
            }
            return true
        }
        let old = try await record(try id(call))
        try requireGrantable(Scopes(words: old.scopes) ?? [])
        let key = APIKey.new()
        let made = try await store.rotateKey(
            old.id, to: key, overlap: .seconds(overlap), expiresAt: expiresAt, tenant: tenant, shard: shard)
        guard let made else { throw Problem(.notFound, "The key is revoked or expired; make a new one.") }
        return Answer(key, try await record(made), under: path)
    }

    func revoke(_ call: Call) async throws -> Answer {
        guard try await store.revokeKey(try id(call), tenant: tenant, shard: shard) else { throw Self.unknown }
        return Answer.noContent
    }

    private func record(_ id: KeyID) async throws -> KeyRecord {
        guard let record = try await store.key(id, of: tenant, shard: shard) else { throw Self.unknown }
        return record
    }

    private func id(_ call: Call) throws -> KeyID {
        guard let id = KeyID(call["id"]) else { throw Self.unknown }
        return id
    }

    private static var unknown: Problem { Problem(.notFound, "This tenant has no such key.") }

    private func requireGrantable(_ scopes: Scopes) throws {
        let lacking = scopes.subtracting(grantable)
        guard lacking.isEmpty else {
            throw Problem(.forbidden, "A key can't give what it lacks: \(lacking.words.joined(separator: ", ")).")
        }
    }
}

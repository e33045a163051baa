import Foundation
import Model
import Postgres
import Tenants

/// What commands print of tenants and keys, for people and for programs.
protocol JSONReport: Encodable {}

extension JSONReport {
    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}

struct TenantReport: JSONReport {
    struct Quotas: Encodable {
        var ingestRate: Double?
        var ingestBurst: Int32?
        var maxWaiting: Int64?
        var maxInFlight: Int32?
        var maxBodyBytes: Int32?
    }

    let name: String
    let id: String
    let shard: Int16
    let state: String
    let stateSince: String
    let createdAt: String
    let quotas: Quotas
    var waiting: Int64?
    var inFlight: Int64?

    init(_ tenant: Tenant) {
        name = tenant.name
        id = tenant.id.description
        shard = tenant.shard
        state = tenant.state.rawValue
        stateSince = tenant.stateSince.text
        createdAt = tenant.createdAt.text
        quotas = Quotas(
            ingestRate: tenant.quotas.ingestRate, ingestBurst: tenant.quotas.ingestBurst,
            maxWaiting: tenant.quotas.maxWaiting, maxInFlight: tenant.quotas.maxInFlight,
            maxBodyBytes: tenant.quotas.maxBodyBytes)
    }

    var line: String { "\(name)  \(state)  since \(stateSince)  \(id)" }

    var text: String {
        let limits = [
            "requests a second": quotas.ingestRate.map { "\($0)" },
            "burst": quotas.ingestBurst.map { "\($0)" },
            "waiting": quotas.maxWaiting.map { "\($0)" },
            "in flight": quotas.maxInFlight.map { "\($0)" },
            "bytes of a body": quotas.maxBodyBytes.map { "\($0)" },
        ].compactMap { name, value in value.map { "  at most \($0) \(name)" } }.sorted()
        let use = waiting.map { ["  \($0) waiting, \(inFlight ?? 0) in flight"] } ?? []
        return ([line] + limits + use).joined(separator: "\n")
    }
}

struct KeyReport: JSONReport {
    let id: String
    let label: String
    let scopes: [String]
    let createdAt: String
    let expiresAt: String?
    let revokedAt: String?
    let lastUsedAt: String?
    let environment: String

    init(_ key: KeyRecord) {
        id = key.id.description
        label = key.label
        scopes = key.scopes
        createdAt = key.createdAt.text
        expiresAt = key.expiresAt?.text
        revokedAt = key.revokedAt?.text
        lastUsedAt = key.lastUsedAt?.text
        environment = key.environment
    }

    var line: String {
        let end = revokedAt.map { "revoked \($0)" } ?? expiresAt.map { "until \($0)" } ?? "without end"
        return "\(id)  \(scopes.joined(separator: ","))  \(end)  last used \(lastUsedAt ?? "never")  \(label)"
    }
}

struct NewKeyReport: JSONReport {
    let id: String
    let key: String
}

extension Timestamp {
    /// As RFC 3339 has it, to a second.
    fileprivate var text: String {
        Date(timeIntervalSince1970: Double(microseconds) / 1_000_000).formatted(.iso8601)
    }
}

import HTTPTypes
import JSON
import Model
import Postgres
package import Tenants

extension KeyRecord {
    /// As `GET /v1/keys` has it.
    package var json: String { JSONWriter.text { $0.object(write) } }

    /// Its members, within an object.
    func write(to writer: inout JSONWriter) {
        writer.member("id", id.description)
        writer.member("label", label)
        writer.name("scopes")
        writer.array { writer in
            for scope in scopes { writer.string(scope) }
        }
        writer.member("created_at", createdAt.rfc3339)
        writer.member("expires_at", expiresAt?.rfc3339)
        writer.member("revoked_at", revokedAt?.rfc3339)
        writer.member("last_used_at", lastUsedAt?.rfc3339)
        writer.member("environment", environment)
    }
}

extension Answer {
    /// A page of keys. `next` is what `before` of the next page must be.
    init(_ keys: [KeyRecord], limit: Int) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("keys")
            writer.array { writer in
                for key in keys { writer.object { key.write(to: &$0) } }
            }
            writer.member("next", keys.count == limit ? keys.last?.id.description : nil)
        }
        self.init(.ok, json: writer)
    }

    /// A key that has just been made: the only time that it is shown.
    init(_ key: APIKey, _ record: KeyRecord, under path: String) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("key", key.text)
            record.write(to: &writer)
        }
        self.init(.created, json: writer)
        head.headerFields[.location] = "\(path)/\(record.id)"
        head.headerFields[.cacheControl] = "no-store"
    }
}

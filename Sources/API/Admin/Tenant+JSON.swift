import JSON
import Model
import Postgres
package import Tenants

extension Tenant {
    /// As `GET /admin/v1/tenants/{name}` has it.
    package var json: String { JSONWriter.text { $0.object(write) } }

    /// Its members, within an object.
    func write(to writer: inout JSONWriter) {
        writer.member("name", name)
        writer.member("id", id.description)
        writer.name("shard")
        writer.number(shard)
        writer.member("state", state.rawValue)
        writer.member("state_since", stateSince.rfc3339)
        writer.member("created_at", createdAt.rfc3339)
        writer.name("quotas")
        writer.object { quotas.write(to: &$0) }
    }
}

extension Quotas {
    /// Its members, within an object.
    func write(to writer: inout JSONWriter) {
        writer.name("ingest_rate")
        if let ingestRate { writer.json("\(ingestRate)") } else { writer.null() }
        Self.write("ingest_burst", ingestBurst, to: &writer)
        Self.write("max_waiting", maxWaiting, to: &writer)
        Self.write("max_in_flight", maxInFlight, to: &writer)
        Self.write("max_body_bytes", maxBodyBytes, to: &writer)
    }

    private static func write(_ name: StaticString, _ number: (some BinaryInteger)?, to writer: inout JSONWriter) {
        writer.name(name)
        if let number { writer.number(number) } else { writer.null() }
    }
}

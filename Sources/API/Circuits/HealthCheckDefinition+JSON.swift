package import Circuits
import HTTPTypes
import JSON
import Model
import Postgres
import Tenants

extension HealthCheckDefinition {
    /// Of a body. Throws as `Call.withMembers`; ranges are the database's to check.
    init(_ id: HealthCheckID, of destination: Destination, _ call: Call) async throws {
        let key = destination.circuit
        self.init(
            id: id, shard: key.shard, tenant: key.tenant, destination: key.destination, kind: .http, target: "")
        var isKindGiven = false
        try await call.withMembers(limit: 32 << 10) { scanner, name in
            switch name {
            case "kind":
                kind = try scanner.word(name)
                isKindGiven = true
            case "target": target = try scanner.text(name)
            case "policy": policy = try scanner.word(name)
            case "timeout_ms": timeout = .milliseconds(try scanner.integer(name, in: 10...60_000))
            case "settings": overrides = try scanner.overrides(name)
            case "decisive": decisive = try scanner.statuses(name)
            case "method": exchange.method = try scanner.text(name)
            case "headers": exchange.headers = try scanner.headers(name)
            case "statuses": exchange.statuses = try scanner.statuses(name)
            case "body_contains": exchange.bodyContains = try scanner.optional { try $0.text(name) }
            default: return false
            }
            return true
        }
        guard isKindGiven, !target.isEmpty else { throw Problem(.invalidRequest, "kind and target must be given.") }
    }
}

extension JSONScanner {
    fileprivate mutating func statuses(_ name: String) throws -> [Int16] {
        guard next() == UInt8(ascii: "[") else { throw Problem(.invalidRequest, "\(name) must be an array.") }
        var statuses: [Int16] = []
        try array { statuses.append(Int16(try $0.integer(name, in: 100...599))) }
        return statuses
    }

    fileprivate mutating func headers(_ name: String) throws -> HeaderLines {
        guard next() == UInt8(ascii: "{") else { throw Problem(.invalidRequest, "\(name) must be an object.") }
        var lines = HeaderLines()
        try object { scanner, field in
            let value = try scanner.text(field)
            guard HTTPField.Name(field) != nil, HTTPField.isValidValue(value) else {
                throw Problem(.invalidRequest, "\(name): \"\(field.prefix(80))\" is not a header that can be sent.")
            }
            lines.append(field, value)
        }
        return lines
    }
}

extension HealthRecord {
    /// As a destination's list of checks has it.
    package var json: String { JSONWriter.text(write) }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", definition.id.description)
            writer.member("kind", definition.kind.rawValue)
            writer.member("target", definition.target)
            writer.member("policy", definition.policy.rawValue)
            writer.name("timeout_ms")
            writer.number(definition.timeout.microseconds / 1000)
            writer.name("settings")
            writer.parameters(definition.overrides.values)
            writer.statuses("decisive", definition.decisive)
            if definition.kind == .http { definition.exchange.write(to: &writer) }
            writer.member("health", check.health.rawValue)
            writer.member("next_at", check.nextAt.rfc3339)
            writer.member("last_at", lastAt?.rfc3339)
            writer.member("last_error", lastError)
            writer.name("last_ms")
            if let lastLatency { writer.number(lastLatency.microseconds / 1000) } else { writer.null() }
        }
    }
}

extension HTTPExchange {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("method", method)
        writer.name("headers")
        writer.object { writer in
            for (name, value) in headers.fields {
                writer.name(String(name))
                writer.string(value)
            }
        }
        writer.statuses("statuses", statuses)
        writer.member("body_contains", bodyContains)
    }
}

extension JSONWriter {
    fileprivate mutating func statuses(_ name: StaticString, _ statuses: [Int16]) {
        self.name(name)
        array { writer in
            for status in statuses { writer.number(status) }
        }
    }
}

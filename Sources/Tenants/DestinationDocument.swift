package import JSON
import Model

/// A destination's settings as the JSON document that people and programs write: members by the names of the columns,
/// durations in milliseconds. Secrets are written only: they read as `{"set": true}`, and sent back so they stay.
package enum DestinationDocument {
    private static let members: Set<String> = [
        "base_url", "connect_timeout_ms", "timeout_ms", "max_in_flight", "rate_per_second", "rate_burst",
        "ordered_lanes", "max_attempts",
        "backoff_base_ms", "backoff_cap_ms", "retry_schedule_ms", "retried_statuses", "final_statuses", "signing_keys",
        "headers", "auth", "tls",
    ]

    /// Members that are left out have their defaults. Throws `InvalidDocument`.
    /// - Parameter stored: whose secrets may be kept.
    package static func settings(
        _ document: JSONValue, named name: String, over stored: DestinationSettings? = nil
    ) throws -> DestinationSettings {
        var reader = FieldReader()
        reader.checkName(name)
        var settings = DestinationSettings(name: name, baseURL: "")
        if case .object = document {
            let members = reader.members(document, "", of: members)
            settings.baseURL = reader.url(members["base_url"], "base_url", hasQuery: true)
            settings.connectTimeout = reader.milliseconds(
                members["connect_timeout_ms"], "connect_timeout_ms", in: 10...60_000, default: 5_000)
            settings.timeout = reader.milliseconds(
                members["timeout_ms"], "timeout_ms", in: 10...300_000, default: 30_000)
            reader.concurrency(members, of: &settings, over: stored)
            settings.ratePerSecond = reader.rate(members["rate_per_second"], "rate_per_second")
            settings.rateBurst = reader.integer(members["rate_burst"], "rate_burst", in: 1...1_000_000, default: 1)
            settings.retry = reader.retry(members)
            settings.signingKeys = reader.signingKeys(members["signing_keys"], stored: stored?.signingKeys ?? [])
            settings.headers = reader.headers(members["headers"], stored: stored?.headers ?? HeaderLines())
            settings.auth = reader.auth(members["auth"], stored: stored?.auth ?? .none)
            settings.tls = reader.tls(members["tls"], stored: stored?.tls ?? DestinationTLS())
            if settings.auth != .none,
                settings.headers.fields.contains(where: { $0.name.lowercased() == "authorization" })
            {
                reader.refuse("headers.Authorization", "is what auth sets; choose one of them")
            }
        } else {
            reader.refuse("", "the document must be an object")
        }
        guard reader.faults.isEmpty else { throw InvalidDocument(faults: reader.faults) }
        return settings
    }
}

extension FieldReader {
    mutating func milliseconds(
        _ value: JSONValue?, _ path: String, in range: ClosedRange<Int>, default standard: Int
    ) -> Duration {
        .milliseconds(integer(value, path, in: range, default: standard))
    }

    /// An ordered destination has as many attempts under way as it has lanes.
    fileprivate mutating func concurrency(
        _ members: JSONObject, of settings: inout DestinationSettings, over stored: DestinationSettings?
    ) {
        settings.maxInFlight = integer(members["max_in_flight"], "max_in_flight", in: 1...10_000, default: 64)
        if let lanes = members["ordered_lanes"] {
            let chosen = settings.maxInFlight
            settings.orderedLanes = integer(lanes, "ordered_lanes", in: 1...64, default: 1)
            if members["max_in_flight"] != nil, chosen != settings.maxInFlight {
                refuse("max_in_flight", "is the number of ordered_lanes, where there are such; leave it out")
            }
        }
        if let stored, stored.orderedLanes != settings.orderedLanes {
            let current = stored.orderedLanes.map { "\($0)" } ?? "null"
            refuse("ordered_lanes", "is \(current) and can't be changed: make another destination")
        }
    }

    fileprivate mutating func rate(_ value: JSONValue?, _ path: String) -> Double? {
        guard let value else { return nil }
        guard case .number(let number) = value, 0.001...1_000_000 ~= number.value else {
            refuse(path, "must be a number from 0.001 to 1000000, or null for no limit")
            return nil
        }
        return number.value
    }
}

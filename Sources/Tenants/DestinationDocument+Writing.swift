package import JSON
import Model

extension DestinationDocument {
    /// What `settings(_:named:over:)` reads, without secrets.
    package static func document(_ settings: DestinationSettings) -> JSONValue {
        let retry = settings.retry
        var members: JSONObject = [
            "base_url": .string(settings.baseURL),
            "connect_timeout_ms": milliseconds(settings.connectTimeout),
            "timeout_ms": milliseconds(settings.timeout),
            "max_in_flight": .number(JSONNumber(settings.maxInFlight)),
            "rate_per_second": settings.ratePerSecond.map { .number(JSONNumber($0)) } ?? .null,
            "rate_burst": .number(JSONNumber(settings.rateBurst)),
            "ordered_lanes": settings.orderedLanes.map { .number(JSONNumber($0)) } ?? .null,
            "max_attempts": .number(JSONNumber(retry.maxAttempts)),
            "retried_statuses": .array(retry.retriedStatuses.map { .number(JSONNumber($0)) }),
            "final_statuses": .array(retry.finalStatuses.map { .number(JSONNumber($0)) }),
            "signing_keys": .array(settings.signingKeys.map(document)),
            "headers": .object(
                JSONObject(settings.headers.fields.map { (key: String($0.name), value: isSet) })),
            "auth": document(settings.auth), "tls": document(settings.tls),
        ]
        if retry.schedule.isEmpty {
            members["backoff_base_ms"] = milliseconds(retry.backoff.base)
            members["backoff_cap_ms"] = milliseconds(retry.backoff.cap)
        } else {
            members["retry_schedule_ms"] = .array(retry.schedule.map(milliseconds))
        }
        return .object(members)
    }

    /// A JSON merge patch. What takes the place of something else takes it wholly: another type of auth, a schedule in
    /// place of the back-off.
    package static func patched(_ document: JSONValue, by patch: JSONValue) -> JSONValue {
        guard case .object(var members) = document, case .object(let changes) = patch else { return patch }
        if case .object(let auth) = changes["auth"], let type = auth["type"],
            case .object(let stored) = members["auth"], stored["type"] != type
        {
            members["auth"] = nil
        }
        let backoff = ["backoff_base_ms", "backoff_cap_ms"]
        if let schedule = changes["retry_schedule_ms"], schedule != .null, schedule != .array([]) {
            for name in backoff { members[name] = nil }
        } else if backoff.contains(where: { changes[$0] != nil }) {
            members["retry_schedule_ms"] = nil
        }
        return JSONValue.object(members).merging(patch)
    }

    private static let isSet = JSONValue.object(["set": .bool(true)])

    private static func milliseconds(_ duration: Duration) -> JSONValue { .number(JSONNumber(duration.milliseconds)) }

    private static func document(_ key: SigningKey) -> JSONValue {
        var members: JSONObject = [
            "id": .string(key.id), "algorithm": .string(key.algorithm.rawValue), "secret": isSet,
        ]
        if let publicKey = key.publicKey { members["public_key"] = .string(publicKey) }
        return .object(members)
    }

    private static func document(_ auth: DestinationAuth) -> JSONValue {
        switch auth {
        case .none: return .object(["type": .string("none")])
        case .basic(let username, _):
            return .object(["type": .string("basic"), "username": .string(username), "password": isSet])
        case .bearer: return .object(["type": .string("bearer"), "token": isSet])
        case .oauth2(let credentials):
            var members: JSONObject = [
                "type": .string("oauth2"), "token_url": .string(credentials.tokenURL),
                "client_id": .string(credentials.clientID), "client_secret": isSet,
                "client_auth": .string(credentials.method.rawValue),
            ]
            if let scope = credentials.scope { members["scope"] = .string(scope) }
            return .object(members)
        }
    }

    private static func document(_ tls: DestinationTLS) -> JSONValue {
        var members: JSONObject = [:]
        if let certificate = tls.clientCertificate { members["client_certificate"] = .string(certificate) }
        if tls.clientKey != nil { members["client_key"] = isSet }
        if let authorities = tls.authorities { members["authorities"] = .string(authorities) }
        return .object(members)
    }
}

import JSON

extension FieldReader {
    private enum AuthType: String, CaseIterable { case none, basic, bearer, oauth2 }

    private static let authMembers: [AuthType: Set<String>] = [
        .none: [], .basic: ["username", "password"], .bearer: ["token"],
        .oauth2: ["token_url", "client_id", "client_secret", "scope", "client_auth"],
    ]

    mutating func auth(_ value: JSONValue?, stored: DestinationAuth) -> DestinationAuth {
        guard let value else { return .none }
        guard case .object(let all) = value else {
            refuse("auth", "must be an object with a type")
            return .none
        }
        let type = word(all["type"] ?? .null, "auth.type", default: AuthType.none)
        let members = members(value, "auth", of: Self.authMembers[type, default: []].union(["type"]))
        switch type {
        case .none: return .none
        case .basic:
            let known: String? = if case .basic(_, let password) = stored { password } else { nil }
            let username = requiredString(members["username"], "auth.username", limit: 256)
            if username.contains(":") { refuse("auth.username", "must have no colon: it ends the name") }
            return .basic(
                username: username, password: secret(members["password"], "auth.password", stored: known, limit: 1_024))
        case .bearer:
            let known: String? = if case .bearer(let token) = stored { token } else { nil }
            let token = secret(members["token"], "auth.token", stored: known, limit: 8_192)
            if !Self.isFieldValue(token) { refuse("auth.token", "must be printable ASCII") }
            return .bearer(token: token)
        case .oauth2:
            let known: String? = if case .oauth2(let credentials) = stored { credentials.clientSecret } else { nil }
            return .oauth2(
                ClientCredentials(
                    tokenURL: url(members["token_url"], "auth.token_url", hasQuery: true),
                    clientID: requiredString(members["client_id"], "auth.client_id", limit: 256),
                    clientSecret: secret(members["client_secret"], "auth.client_secret", stored: known, limit: 1_024),
                    scope: string(members["scope"], "auth.scope", limit: 1_024),
                    method: word(members["client_auth"], "auth.client_auth", default: ClientCredentials.Method.basic)))
        }
    }

    mutating func tls(_ value: JSONValue?, stored: DestinationTLS) -> DestinationTLS {
        let members = members(value, "tls", of: ["client_certificate", "client_key", "authorities"])
        var tls = DestinationTLS()
        tls.clientCertificate = string(
            members["client_certificate"], "tls.client_certificate", limit: DestinationTLS.limit)
        if let key = members["client_key"] {
            tls.clientKey = secret(key, "tls.client_key", stored: stored.clientKey, limit: DestinationTLS.limit)
        }
        tls.authorities = string(members["authorities"], "tls.authorities", limit: DestinationTLS.limit)
        if (tls.clientCertificate == nil) != (tls.clientKey == nil) {
            refuse("tls", "must have client_certificate and client_key, or neither")
        }
        for fault in tls.faults { refuse(fault.path, fault.problem) }
        return tls
    }
}

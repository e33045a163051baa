/// How the gateway shows a destination who it is, in the Authorization field.
package enum DestinationAuth: Sendable, Hashable {
    /// The request's own Authorization field, if any, is sent.
    case none
    case basic(username: String, password: String)
    case bearer(token: String)
    case oauth2(ClientCredentials)
}

/// OAuth 2.0 client credentials (RFC 6749, section 4.4).
package struct ClientCredentials: Sendable, Hashable, Codable {
    /// Where the client shows its id and secret.
    package enum Method: String, Sendable, Codable, CaseIterable {
        /// In the Authorization field, as RFC 6749 wants it.
        case basic
        /// In the form: for token endpoints that know no other way.
        case body
    }

    package var tokenURL: String
    package var clientID: String
    package var clientSecret: String
    package var scope: String?
    package var method: Method

    package init(
        tokenURL: String, clientID: String, clientSecret: String, scope: String? = nil, method: Method = .basic
    ) {
        self.tokenURL = tokenURL
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scope = scope
        self.method = method
    }
}

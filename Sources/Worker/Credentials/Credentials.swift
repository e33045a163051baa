import FoundationEssentials
import Model
import Tenants

/// What deliveries need to show who they are; one for the process.
struct Credentials: Sendable {
    let tokens: TokenCache
    let tls: TLSConfigurations

    /// - Parameter sender: of requests to token endpoints.
    init(sender: HTTPSender) {
        tls = TLSConfigurations()
        tokens = TokenCache(TokenEndpoint(sender: sender, tls: tls))
    }

    struct Authorization: Sendable {
        let text: String
        var token: TokenCache.Token?
    }

    /// nil where the request's own field is sent. Throws `AttemptFailure`.
    func authorization(_ settings: DestinationSettings, of tenant: TenantID) async throws -> Authorization? {
        switch settings.auth {
        case .none: return nil
        case .basic(let username, let password):
            return Authorization(text: "Basic " + Data("\(username):\(password)".utf8).base64EncodedString())
        case .bearer(let token): return Authorization(text: "Bearer " + token)
        case .oauth2(let credentials):
            let token = try await tokens.token(for: credentials, of: tenant, tls: settings.tls)
            return Authorization(text: "Bearer " + token.text, token: token)
        }
    }

    /// The destination answered 401. Returns whether the token may have gone stale: it is older than the attempt.
    func refused(
        _ authorization: Authorization?, by settings: DestinationSettings, of tenant: TenantID,
        attemptBegan start: ContinuousClock.Instant
    ) -> Bool {
        guard let token = authorization?.token, case .oauth2(let credentials) = settings.auth else { return false }
        tokens.drop(token, of: credentials, tenant)
        return token.fetchedAt < start
    }
}

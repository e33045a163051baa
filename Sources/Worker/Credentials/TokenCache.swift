import Model
import Synchronization
import Tenants

/// Access tokens of OAuth 2.0 client credentials, for one process: each is fetched once, by the first that needs it,
/// while the others wait, and kept until shortly before it expires.
final class TokenCache: Sendable {
    /// How long a refusal stands for all, so that a token endpoint that is down is not asked by each delivery.
    static let refusalMemory = Duration.seconds(1)
    /// A fetch takes no longer.
    static let timeout = Duration.seconds(10)
    /// Credentials with a token; beyond them all tokens are forgotten, and fetched again.
    static let capacity = 10_000

    /// Tokens are not shared between tenants, even where credentials are the same.
    private struct Key: Hashable {
        let tenant: TenantID
        let credentials: ClientCredentials
    }

    struct Token: Sendable {
        let text: String
        let fetchedAt: ContinuousClock.Instant
        let until: ContinuousClock.Instant
    }

    private enum Entry {
        case fetching(Task<Result<Token, AttemptFailure>, Never>)
        case fetched(Token)
        case refused(AttemptFailure, until: ContinuousClock.Instant)
    }

    private let entries = Mutex<[Key: Entry]>([:])
    private let endpoint: TokenEndpoint

    init(_ endpoint: TokenEndpoint) { self.endpoint = endpoint }

    /// Throws `AttemptFailure`.
    func token(for credentials: ClientCredentials, of tenant: TenantID, tls: DestinationTLS) async throws -> Token {
        let key = Key(tenant: tenant, credentials: credentials)
        let now = ContinuousClock.now
        let task = entries.withLock { entries -> Result<Task<Result<Token, AttemptFailure>, Never>, Found> in
            switch entries[key] {
            case .fetched(let token) where token.until > now: return .failure(Found(result: .success(token)))
            case .refused(let failure, let until) where until > now: return .failure(Found(result: .failure(failure)))
            case .fetching(let task): return .success(task)
            default:
                if entries.count >= Self.capacity { entries = [:] }
                let task = Task { await self.fetch(key, tls) }
                entries[key] = .fetching(task)
                return .success(task)
            }
        }
        switch task {
        case .success(let task): return try await task.value.get()
        case .failure(let found): return try found.result.get()
        }
    }

    /// The destination refused it.
    func drop(_ token: Token, of credentials: ClientCredentials, _ tenant: TenantID) {
        let key = Key(tenant: tenant, credentials: credentials)
        entries.withLock { entries in
            if case .fetched(let held) = entries[key], held.text == token.text { entries[key] = nil }
        }
    }

    private struct Found: Error {
        let result: Result<Token, AttemptFailure>
    }

    private func fetch(_ key: Key, _ tls: DestinationTLS) async -> Result<Token, AttemptFailure> {
        let result = await endpoint.fetch(key.credentials, tls: tls, within: Self.timeout)
        entries.withLock { entries in
            entries[key] =
                switch result {
                case .success(let token): .fetched(token)
                case .failure(let failure): .refused(failure, until: .now + Self.refusalMemory)
                }
        }
        return result
    }
}

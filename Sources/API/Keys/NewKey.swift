import JSON
import Model
import Postgres
import Tenants

/// The body that asks for a key.
struct NewKey {
    private(set) var label = ""
    private(set) var scopes: Scopes
    private(set) var expiresAt: Timestamp?
    /// Whose flags it evaluates.
    private(set) var environment = FlagEnvironment.standard

    /// Throws as `Call.withMembers`.
    init(_ call: Call) async throws {
        var (label, scopes, expiresAt) = ("", Scopes?.none, Timestamp?.none)
        var environment = FlagEnvironment.standard
        try await call.withMembers(limit: 4 << 10) { scanner, name in
            switch name {
            case "label": label = try scanner.label(name)
            case "scopes": scopes = try scanner.scopes(name)
            case "expires_at": expiresAt = try scanner.optional { try $0.expiry(name, now: call.now) }
            case "environment": environment = try scanner.slug(name)
            default: return false
            }
            return true
        }
        guard let scopes else {
            throw Problem(.invalidRequest, "scopes must be given: an array of \(Scopes.choice).")
        }
        (self.label, self.scopes, self.expiresAt) = (label, scopes, expiresAt)
        self.environment = environment
    }
}

extension Scopes {
    static var choice: String { Scope.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") }
}

extension JSONScanner {
    fileprivate mutating func label(_ name: String) throws -> String {
        let label = try text(name)
        guard label.utf8.count <= 200, !label.utf8.contains(0) else {
            throw Problem(.invalidRequest, "\(name) may have 200 bytes, none of them zero.")
        }
        return label
    }

    fileprivate mutating func slug(_ name: String) throws -> String {
        let slug = try text(name)
        guard slug.isSlug else {
            throw Problem(
                .invalidRequest,
                "\(name) must be 1 to 63 of a-z, 0-9, dot, underscore and dash, and begin with a letter or digit.")
        }
        return slug
    }

    fileprivate mutating func scopes(_ name: String) throws -> Scopes {
        var words: [String] = []
        guard next() == UInt8(ascii: "[") else { throw Problem(.invalidRequest, "\(name) must be an array.") }
        try array { scanner in
            words.append(try scanner.text(name))
            guard words.count <= Scope.allCases.count else {
                throw Problem(.invalidRequest, "\(name) has more entries than there are scopes.")
            }
        }
        guard let scopes = Scopes(words: words) else {
            throw Problem(.invalidRequest, "\(name) must be one or more of \(Scopes.choice).")
        }
        return scopes
    }

    mutating func expiry(_ name: String, now: Timestamp) throws -> Timestamp {
        let time = try time(name)
        guard time > now else { throw Problem(.invalidRequest, "\(name) must lie in the future.") }
        return time
    }
}

import Crypto
import FoundationEssentials
import Model

/// What a source's signatures are verified with.
package struct SourceSecret: Sendable, Hashable {
    package static let maximum = 2
    /// Bytes of a text that is a key as it stands. Shorter ones can be guessed.
    static let lengths = 8...255

    package enum Key: Sendable, Hashable {
        case hmacSHA256([UInt8])
        /// The public key, 32 bytes.
        case ed25519([UInt8])
    }

    /// How the tenant names it; unique within the source.
    package let id: String
    /// As it was given.
    let text: String
    package let key: Key

    /// Standard Webhooks takes `whsec_` and base64 of 24 to 64 bytes, or `whpk_` and base64 of an ed25519 public key;
    /// the others take the text that the sender shows, byte for byte. nil for anything else.
    package init?(id: String, scheme: SignatureScheme, text: String) {
        switch scheme {
        case .standardWebhooks:
            guard let key = Self.standardWebhooksKey(text) else { return nil }
            self.key = key
        case .github, .stripe:
            guard Self.lengths ~= text.utf8.count else { return nil }
            key = .hmacSHA256(Array(text.utf8))
        }
        self.id = id
        self.text = text
    }

    static func rule(_ scheme: SignatureScheme) -> String {
        scheme == .standardWebhooks
            ? "must be whsec_ and base64 of 24 to 64 bytes, or whpk_ and base64 of an ed25519 public key"
            : "must be of \(lengths.lowerBound) to \(lengths.upperBound) bytes"
    }

    private static func standardWebhooksKey(_ text: String) -> Key? {
        if let key = SigningKey(algorithm: .hmacSHA256, text: text) { return .hmacSHA256(key.secret) }
        guard text.hasPrefix("whpk_"), let key = Data(base64Encoded: String(text.dropFirst(5))), key.count == 32,
            (try? Curve25519.Signing.PublicKey(rawRepresentation: key)) != nil
        else { return nil }
        return .ed25519(Array(key))
    }
}

/// What of a source's settings is sealed.
struct SourceSecrets: Codable {
    struct Secret: Codable {
        let id: String
        let text: String
    }

    let secrets: [Secret]

    static func owner(_ tenant: TenantID, _ source: String) -> String {
        "secrets of source \(source), tenant \(tenant)"
    }
}

extension SecretBox {
    func seal(_ settings: SourceSettings, of tenant: TenantID) throws -> [UInt8] {
        let secrets = SourceSecrets(secrets: settings.secrets.map { .init(id: $0.id, text: $0.text) })
        return try seal(Array(try JSONEncoder().encode(secrets)), owner: SourceSecrets.owner(tenant, settings.name))
    }

    /// Secrets that can't be opened are a fault of the one source: the others go on.
    func open(_ sealed: [UInt8], into settings: inout SourceSettings, of tenant: TenantID) {
        do {
            let text = try open(sealed, owner: SourceSecrets.owner(tenant, settings.name))
            let scheme = settings.scheme
            settings.secrets = try JSONDecoder().decode(SourceSecrets.self, from: Data(text)).secrets.compactMap {
                SourceSecret(id: $0.id, scheme: scheme, text: $0.text)
            }
        } catch {
            settings.fault = (error as? SecretError)?.description ?? "its secrets are not what this version reads"
        }
    }
}

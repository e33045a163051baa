package import Crypto
import FoundationEssentials

/// A key with which requests are signed as Standard Webhooks 1.0.0 says.
package struct SigningKey: Sendable, Hashable {
    package enum Algorithm: String, Sendable, Codable, CaseIterable {
        /// Signature scheme `v1`; the receiver has the same secret.
        case hmacSHA256 = "hmac-sha256"
        /// Signature scheme `v1a`; the receiver has the public key.
        case ed25519
    }

    package static let maximum = 2
    static let lengths = 24...64

    /// How the tenant names it; unique within the destination.
    package let id: String
    package let algorithm: Algorithm
    /// The secret of HMAC, 24 to 64 bytes, or the seed of the private key, 32 bytes.
    package let secret: [UInt8]

    package init(id: String = "default", algorithm: Algorithm = .hmacSHA256, secret: [UInt8]) {
        self.id = id
        self.algorithm = algorithm
        self.secret = secret
    }

    /// Takes the specification's forms: `whsec_` and base64 of 24 to 64 bytes; `whsk_` and base64 of the seed, with or
    /// without the public key behind it. nil for anything else.
    package init?(id: String = "default", algorithm: Algorithm, text: String) {
        let prefix = algorithm == .hmacSHA256 ? "whsec_" : "whsk_"
        guard text.hasPrefix(prefix), let data = Data(base64Encoded: String(text.dropFirst(prefix.count))) else {
            return nil
        }
        let bytes = Array(data)
        switch algorithm {
        case .hmacSHA256:
            guard Self.lengths.contains(bytes.count) else { return nil }
            self.init(id: id, algorithm: algorithm, secret: bytes)
        case .ed25519:
            guard bytes.count == 32 || bytes.count == 64 else { return nil }
            let key = SigningKey(id: id, algorithm: algorithm, secret: Array(bytes.prefix(32)))
            guard bytes.count == 32 || key.publicBytes == Array(bytes.suffix(32)) else { return nil }
            self = key
        }
    }

    /// The secret as `init(text:)` takes it.
    package var text: String {
        (algorithm == .hmacSHA256 ? "whsec_" : "whsk_") + Data(secret).base64EncodedString()
    }

    /// What a receiver verifies with: `whpk_` and base64; nil for HMAC.
    package var publicKey: String? { publicBytes.map { "whpk_" + Data($0).base64EncodedString() } }

    /// The private key of ed25519.
    package var privateKey: Curve25519.Signing.PrivateKey? {
        guard algorithm == .ed25519 else { return nil }
        return try? Curve25519.Signing.PrivateKey(rawRepresentation: secret)
    }

    private var publicBytes: [UInt8]? { privateKey.map { Array($0.publicKey.rawRepresentation) } }
}

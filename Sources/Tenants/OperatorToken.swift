import Crypto

/// What opens the operator's API. Only its hash is kept, and compared in constant time: unlike an API key it may be a
/// word that a person chose.
package struct OperatorToken: Sendable {
    /// Bytes of a token at least.
    package static let minimumLength = 16

    private let digest: SHA256.Digest

    /// nil where it is too short.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count >= Self.minimumLength else { return nil }
        digest = SHA256.hash(data: Array(text.utf8))
    }

    /// Digests compare in constant time.
    package func opens(with text: some StringProtocol) -> Bool { digest == SHA256.hash(data: Array(text.utf8)) }

    /// Tells tokens apart, and opens nothing: for sessions that must end with the token.
    package var fingerprint: [UInt8] { Array(SHA256.hash(data: Array("sluice operator session".utf8) + digest)) }
}

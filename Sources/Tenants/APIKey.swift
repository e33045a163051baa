import Crypto
import FoundationEssentials

/// What a tenant's caller shows. It is printed once, when it is made; only its hash is stored.
package struct APIKey: Sendable {
    /// `sluice_` and 256 random bits in base64url.
    package let text: String

    package static func new() -> APIKey { APIKey(text: "sluice_" + randomText()) }

    /// 256 random bits in base64url.
    static func randomText() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let encoded = Data(bytes).base64EncodedString()
        let url = encoded.utf8.compactMap { byte -> Character? in
            switch byte {
            case UInt8(ascii: "+"): "-"
            case UInt8(ascii: "/"): "_"
            case UInt8(ascii: "="): nil
            default: Character(Unicode.Scalar(byte))
            }
        }
        return String(url)
    }

    package init(text: String) { self.text = text }

    package var hash: APIKeyHash { APIKeyHash(of: text.utf8) }
}

/// SHA-256 of an API key, or of a source's token. Keys are looked up by it: who can't invert the hash learns nothing
/// from the time a look-up takes.
package struct APIKeyHash: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    package init(of key: some Sequence<UInt8>) {
        var hash = SHA256()
        hash.update(data: Array(key))
        self = hash.finalize().withUnsafeBytes { APIKeyHash(digest: $0) }
    }

    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self = bytes.withUnsafeBytes { APIKeyHash(digest: $0) }
    }

    private init(digest: UnsafeRawBufferPointer) {
        words = digest.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self)
    }

    package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    package static func == (a: Self, b: Self) -> Bool { a.words == b.words }
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

import Crypto
import FoundationEssentials
import Model
import Tenants

/// What opens the stream of a key, and nothing else. It stays the same as long as the key is good: the URL is part of
/// answers that are compared, and clients reconnect when it changes. It ends with its key.
struct FlagStreamToken: Sendable {
    let key: KeyID
    private let proof: String

    /// A hash of the key's hash: who has the key could make it, and who has it learns nothing of the key.
    init(_ key: KeyID, _ hash: APIKeyHash) {
        self.key = key
        proof = Self.proof(hash)
    }

    /// nil for what is none.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let key = KeyID(parts[0]) else { return nil }
        (self.key, proof) = (key, String(parts[1]))
    }

    var text: String { "\(key).\(proof)" }

    /// In constant time.
    func isOf(_ hash: APIKeyHash) -> Bool {
        let (shown, right) = (Array(proof.utf8), Array(Self.proof(hash).utf8))
        guard shown.count == right.count else { return false }
        return zip(shown, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func proof(_ hash: APIKeyHash) -> String {
        Data(SHA256.hash(data: Array("sluice flag stream".utf8) + hash.bytes)).base64URL
    }
}

extension Data {
    /// Without padding (RFC 4648, section 5).
    var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

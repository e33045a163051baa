import Crypto
import FoundationEssentials
package import Tenants

/// The signatures of the Standard Webhooks specification, version 1.0.0, over id, timestamp and body, joined by dots:
/// `v1` is HMAC-SHA256, `v1a` ed25519.
package enum StandardWebhooks {
    /// One signature for each key, as `webhook-signature` has them.
    ///
    /// - Parameter timestamp: Unix seconds.
    package static func signatures(_ keys: [SigningKey], id: String, timestamp: Int64, body: [UInt8]) -> String {
        let head = Array("\(id).\(timestamp).".utf8)
        return keys.compactMap { signature($0, head, body) }.joined(separator: " ")
    }

    private static func signature(_ key: SigningKey, _ head: [UInt8], _ body: [UInt8]) -> String? {
        switch key.algorithm {
        case .hmacSHA256:
            var mac = HMAC<SHA256>(key: SymmetricKey(data: key.secret))
            mac.update(data: head)
            mac.update(data: body)
            return "v1," + mac.finalize().withUnsafeBytes { Data($0).base64EncodedString() }
        case .ed25519:
            guard let signature = try? key.privateKey?.signature(for: head + body) else { return nil }
            return "v1a," + signature.base64EncodedString()
        }
    }
}

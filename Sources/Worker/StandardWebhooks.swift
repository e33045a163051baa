import Crypto
import FoundationEssentials

/// The symmetric signature of the Standard Webhooks specification, version 1.0.0: HMAC-SHA256 over id, timestamp and
/// body, joined by dots.
package enum StandardWebhooks {
    /// - Parameter timestamp: Unix seconds.
    package static func signature(secret: [UInt8], id: String, timestamp: Int64, body: [UInt8]) -> String {
        var mac = HMAC<SHA256>(key: SymmetricKey(data: secret))
        mac.update(data: Array("\(id).\(timestamp).".utf8))
        mac.update(data: body)
        return "v1," + mac.finalize().withUnsafeBytes { Data($0).base64EncodedString() }
    }

    /// Takes the specification's form of a secret, `whsec_` and base64 of 24 to 64 bytes; nil for anything else.
    package static func secret(_ text: String) -> [UInt8]? {
        guard text.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(text.dropFirst(6))),
            24...64 ~= bytes.count
        else { return nil }
        return Array(bytes)
    }

    package static func text(secret: [UInt8]) -> String { "whsec_" + Data(secret).base64EncodedString() }
}

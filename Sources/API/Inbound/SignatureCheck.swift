import Crypto
import Foundation
import HTTPTypes
import Postgres
import Tenants

/// Why what came to a source's URL is not taken: as much as a sender may know who has the secret or not.
enum SignatureRefusal: Error, Equatable {
    case missing(HTTPField.Name)
    /// Which of them a verifier reads differs between programs, so none is read.
    case repeated(HTTPField.Name)
    case malformed(HTTPField.Name)
    /// No signature is by one of the secrets.
    case mismatch
    /// The time is further off than the source tolerates.
    case untimely
}

/// Verifies the signature of a request to a source. Pure.
struct SignatureCheck {
    /// Signatures that are looked at; a sender that changes its keys sends two or three. More are refused: each may
    /// cost a verification.
    static let maximumSignatures = 8

    let scheme: SignatureScheme
    let secrets: [SourceSecret]
    let toleranceSeconds: Int64

    init(_ settings: SourceSettings) {
        scheme = settings.scheme
        secrets = settings.secrets
        toleranceSeconds = Int64(settings.toleranceSeconds)
    }

    /// Returns what the sender names the request by, where the scheme has that in a header. Throws a
    /// `SignatureRefusal`.
    func verify(_ fields: HTTPFields, body: [UInt8], now: Timestamp) throws -> String? {
        switch scheme {
        case .standardWebhooks: try verifyStandardWebhooks(fields, body, now)
        case .github: try verifyGitHub(fields, body)
        case .stripe: try verifyStripe(fields, body, now)
        }
    }

    /// Standard Webhooks 1.0.0: signatures of id, time and body, joined by dots.
    private func verifyStandardWebhooks(_ fields: HTTPFields, _ body: [UInt8], _ now: Timestamp) throws -> String? {
        let id = try Self.only(.webhookID, fields)
        let time = try Self.only(.webhookTimestamp, fields)
        let signatures = try Self.only(.webhookSignature, fields).split(separator: " ")
        // With a dot in the id, the same bytes could be signed for another id, time and body.
        guard 1...255 ~= id.utf8.count, !id.utf8.contains(UInt8(ascii: ".")) else {
            throw SignatureRefusal.malformed(.webhookID)
        }
        guard signatures.count <= Self.maximumSignatures else { throw SignatureRefusal.malformed(.webhookSignature) }
        try requireTimely(time, .webhookTimestamp, now)
        let head = Array("\(id).\(time).".utf8)
        func decoded(_ prefix: String) -> [Data] {
            signatures.filter { $0.hasPrefix(prefix) }.compactMap {
                Data(base64Encoded: String($0.dropFirst(prefix.utf8.count)))
            }
        }
        guard isSigned(head, body, hmac: decoded("v1,"), ed25519: decoded("v1a,")) else {
            throw SignatureRefusal.mismatch
        }
        return id
    }

    private func verifyGitHub(_ fields: HTTPFields, _ body: [UInt8]) throws -> String? {
        let text = try Self.only(.hubSignature, fields)
        let delivery = fields[values: .gitHubDelivery]
        guard delivery.count <= 1 else { throw SignatureRefusal.repeated(.gitHubDelivery) }
        guard text.hasPrefix("sha256="), let signature = Self.hex(text.dropFirst(7)),
            delivery.allSatisfy({ 1...255 ~= $0.utf8.count })
        else { throw SignatureRefusal.malformed(.hubSignature) }
        guard isSigned([], body, hmac: [signature], ed25519: []) else { throw SignatureRefusal.mismatch }
        return delivery.first
    }

    /// `t=1492774577,v1=5257a8...,v0=...`: signatures of time and body, joined by a dot. Only `v1` counts.
    private func verifyStripe(_ fields: HTTPFields, _ body: [UInt8], _ now: Timestamp) throws -> String? {
        let items = try Self.only(.stripeSignature, fields).split(separator: ",").map {
            $0.split(separator: "=", maxSplits: 1)
        }
        func values(_ name: String) -> [Substring] { items.filter { $0.count == 2 && $0[0] == name }.map { $0[1] } }
        let (times, signatures) = (values("t"), values("v1"))
        guard times.count == 1, let time = times.first, 1...Self.maximumSignatures ~= signatures.count else {
            throw SignatureRefusal.malformed(.stripeSignature)
        }
        try requireTimely(String(time), .stripeSignature, now)
        guard isSigned(Array("\(time).".utf8), body, hmac: signatures.compactMap(Self.hex), ed25519: []) else {
            throw SignatureRefusal.mismatch
        }
        return nil
    }

    private func isSigned(_ head: [UInt8], _ body: [UInt8], hmac: [Data], ed25519: [Data]) -> Bool {
        secrets.contains { secret in
            switch secret.key {
            case .hmacSHA256(let key):
                guard !hmac.isEmpty else { return false }
                var mac = HMAC<SHA256>(key: SymmetricKey(data: key))
                mac.update(data: head)
                mac.update(data: body)
                let code = mac.finalize()
                // In constant time, each.
                return hmac.contains { code == $0 }
            case .ed25519(let key):
                guard !ed25519.isEmpty, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else {
                    return false
                }
                return ed25519.contains { key.isValidSignature($0, for: head + body) }
            }
        }
    }

    /// Unix seconds. Throws where they are none, or too far off.
    private func requireTimely(_ text: String, _ name: HTTPField.Name, _ now: Timestamp) throws {
        guard 1...12 ~= text.utf8.count, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let seconds = Int64(text) else {
            throw SignatureRefusal.malformed(name)
        }
        let off = now.microseconds - seconds * 1_000_000
        guard abs(off) <= toleranceSeconds * 1_000_000 else { throw SignatureRefusal.untimely }
    }

    private static func only(_ name: HTTPField.Name, _ fields: HTTPFields) throws -> String {
        let values = fields[values: name]
        guard let value = values.first, !value.isEmpty else { throw SignatureRefusal.missing(name) }
        guard values.count == 1 else { throw SignatureRefusal.repeated(name) }
        return value
    }

    /// 32 bytes of a SHA-256.
    private static func hex(_ text: Substring) -> Data? {
        let digits = text.utf8.compactMap { byte -> UInt8? in
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x61...0x66: byte - 0x57
            case 0x41...0x46: byte - 0x37
            default: nil
            }
        }
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        return Data(stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }
}

extension HTTPField.Name {
    static let webhookID = known("webhook-id")
    static let webhookTimestamp = known("webhook-timestamp")
    static let webhookSignature = known("webhook-signature")
    static let hubSignature = known("X-Hub-Signature-256")
    static let gitHubDelivery = known("X-GitHub-Delivery")
    static let stripeSignature = known("Stripe-Signature")
}

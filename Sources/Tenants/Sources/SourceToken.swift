/// What a source's URL has in place of a key: `/in/~{token}`. Shown once, when it is made; only its hash is stored.
package struct SourceToken: Sendable {
    /// As of an API key: it has as many random bits.
    package typealias Hash = APIKeyHash

    /// Seconds for which a replaced one goes on: up to a week, in which a person changes a URL at a third party's.
    package static let overlaps = 0...604_800
    package static let standardOverlap = 86_400

    /// Before it in a URL; no destination's name begins so.
    package static let mark: Character = "~"

    /// 256 random bits in base64url.
    package let text: String

    package static func new() -> SourceToken { SourceToken(text: APIKey.randomText()) }

    package init(text: String) { self.text = text }

    package var hash: Hash { Hash(of: text.utf8) }

    /// Below the gateway's address.
    package var path: String { "/in/\(Self.mark)\(text)" }
}

/// What a request is about: words with dots in between, from the general to the particular. CloudEvents' types are
/// topics.
package struct Topic: Sendable, Hashable {
    /// Bytes of a topic, and of a pattern.
    package static let lengths = 1...255
    /// Of a topic, and of a pattern: what a match costs grows with the product, and a tenant may have 1,000 routes.
    package static let maximumWords = 16
    /// For messages.
    package static let rule =
        "must be 1 to 16 words with dots in between, of letters, digits and _-:/@~+ (ASCII), 255 bytes in all"

    package let text: String

    /// nil for what is no topic.
    package init?(_ text: String) {
        let words = Self.split(text)
        guard Self.lengths ~= text.utf8.count, words.count <= Self.maximumWords, words.allSatisfy(Self.isWord) else {
            return nil
        }
        self.text = text
    }

    package var words: [Substring] { Self.split(text) }

    static func split(_ text: String) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Substring($0) }
    }

    /// ASCII only, so that what looks alike is alike.
    static func isWord(_ word: Substring) -> Bool {
        !word.isEmpty
            && word.utf8.allSatisfy { byte in
                0x30...0x39 ~= byte || 0x41...0x5a ~= byte || 0x61...0x7a ~= byte || "_-:/@~+".utf8.contains(byte)
            }
    }
}

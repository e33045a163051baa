/// Which topics a route is for: words as in a topic; `*` stands for one word, `#` for any number of them, also none. As
/// AMQP's topic exchanges have it. Pure.
package struct TopicPattern: Sendable, Hashable {
    package static let rule = "must be a topic, in which * may stand for one word and # for any number of words"

    enum Word: Sendable, Hashable {
        case literal(Substring)
        case one
        case many
    }

    package let text: String
    let words: [Word]

    /// nil for what is no pattern.
    package init?(_ text: String) {
        let parts = Topic.split(text)
        guard Topic.lengths ~= text.utf8.count, parts.count <= Topic.maximumWords else { return nil }
        var words: [Word] = []
        for part in parts {
            switch part {
            case "*": words.append(.one)
            case "#": if words.last != .many { words.append(.many) }
            default:
                guard Topic.isWord(part) else { return nil }
                words.append(.literal(part))
            }
        }
        self.text = text
        self.words = words
    }

    /// The first word that every topic of the pattern has; nil where it may be any.
    var firstWord: Substring? {
        guard case .literal(let word)? = words.first else { return nil }
        return word
    }

    /// Goes back only to the last `#`: an earlier one can't do better. So it costs at most the product of the words.
    package func matches(_ topic: [Substring]) -> Bool {
        var (place, word) = (0, 0)
        var retry: (place: Int, word: Int)?
        while word < topic.count {
            if place < words.count, words[place] == .many {
                retry = (place, word)
                place += 1
            } else if place < words.count, words[place].stands(for: topic[word]) {
                place += 1
                word += 1
            } else if let last = retry {
                retry = (last.place, last.word + 1)
                (place, word) = (last.place + 1, last.word + 1)
            } else {
                return false
            }
        }
        return words[place...].allSatisfy { $0 == .many }
    }
}

extension TopicPattern.Word {
    fileprivate func stands(for word: Substring) -> Bool {
        switch self {
        case .literal(let text): text.utf8.elementsEqual(word.utf8)
        case .one: true
        case .many: false
        }
    }
}

import Model

/// A tenant's routes, ordered by the first word of their patterns, so that a topic is compared with few of them.
struct RouteTable: Sendable {
    private var byFirstWord: [Substring: [TopicRoute]] = [:]
    /// Those whose first word may be any.
    private var others: [TopicRoute] = []

    mutating func put(_ route: TopicRoute) {
        if let word = route.settings.pattern.firstWord {
            byFirstWord[word, default: []].append(route)
        } else {
            others.append(route)
        }
    }

    mutating func remove(_ route: TopicRoute) {
        if let word = route.settings.pattern.firstWord {
            byFirstWord[word]?.removeAll { $0.id == route.id }
            if byFirstWord[word]?.isEmpty == true { byFirstWord[word] = nil }
        } else {
            others.removeAll { $0.id == route.id }
        }
    }

    var isEmpty: Bool { byFirstWord.isEmpty && others.isEmpty }

    /// Those that take the message; several may lead to one destination.
    func routes(of message: Message) -> [TopicRoute] {
        let words = message.topic.words
        let routes = words.first.flatMap { byFirstWord[$0] } ?? []
        return (routes + others).filter { $0.takes(message, words) }
    }
}

/// What a visitor sees between the frame.
struct Page: Sendable {
    /// A piece of a page. Live ones are sent again when they have changed; they hold no forms, and look the same to everyone
    /// who may see them.
    struct Part: Sendable {
        let id: String?
        /// Whether a screen reader says it when it has changed.
        let isAnnounced: Bool
        let content: HTML

        static func still(_ content: HTML) -> Part { Part(id: nil, isAnnounced: false, content: content) }

        static func live(_ id: String, isAnnounced: Bool = false, _ content: HTML) -> Part {
            Part(id: id, isAnnounced: isAnnounced, content: content)
        }

        var isLive: Bool { id != nil }

        var markup: HTML {
            guard let id else { return content }
            let announced: HTML = isAnnounced ? " aria-live=\"polite\"" : ""
            return "<div id=\"live-\(id)\" class=\"live\"\(announced)>\(content)</div>\n"
        }
    }

    let title: String
    /// The path of the item of the navigation under which it stands.
    let section: String
    let heading: HTML
    let parts: [Part]

    init(_ title: String, section: String, heading: HTML? = nil, _ parts: [Part]) {
        (self.title, self.section, self.parts) = (title, section, parts)
        self.heading = heading ?? "\(title)"
    }

    /// What streams send, by id.
    var regions: [Region] {
        parts.compactMap { part in part.id.map { Region(id: $0, text: part.content.text) } }
    }
}

struct Region: Sendable, Equatable {
    let id: String
    let text: String
}

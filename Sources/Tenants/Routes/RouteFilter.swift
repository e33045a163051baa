import Model

/// What must hold of a message for a route to take it. Pure.
package struct RouteFilter: Sendable, Hashable {
    package static let maximum = 10
    /// Of `any_of`.
    package static let maximumValues = 32
    /// Bytes of a value that is compared with.
    package static let valueLimit = 1_024

    package enum Field: Sendable, Hashable {
        case method, path, orderingKey
        /// By its name in small letters.
        case header(String)
        /// Of a CloudEvent.
        case attribute(String)
    }

    package enum Test: Sendable, Hashable {
        case equals(String)
        case anyOf([String])
        case prefix(String)
        case exists(Bool)
    }

    package let field: Field
    package let test: Test

    package init(_ field: Field, _ test: Test) {
        self.field = field
        self.test = test
    }

    /// A header that comes several times has several values, of which one must fit.
    package func holds(of message: Message) -> Bool {
        switch field {
        case .method: fits(message.method)
        case .path: fits(message.path)
        case .orderingKey: message.orderingKey.map { fits($0.text) } ?? isForAbsence
        case .attribute(let name): message.attributes[name].map { fits($0) } ?? isForAbsence
        case .header(let name): fitsHeader(name, of: message)
        }
    }

    private var isForAbsence: Bool { test == .exists(false) }

    private func fitsHeader(_ name: String, of message: Message) -> Bool {
        let values = message.headers.fields.filter { $0.name.lowercased() == name }.map(\.value)
        return values.isEmpty ? isForAbsence : values.contains(where: fits)
    }

    /// Byte for byte: what only looks the same is another value.
    private func fits(_ value: some StringProtocol) -> Bool {
        switch test {
        case .equals(let text): value.utf8.elementsEqual(text.utf8)
        case .anyOf(let texts): texts.contains { value.utf8.elementsEqual($0.utf8) }
        case .prefix(let text): value.utf8.starts(with: text.utf8)
        case .exists(let isWanted): isWanted
        }
    }
}

extension RouteFilter.Field {
    /// nil where the message has none; of a header that comes several times the first.
    package func value(of message: Message) -> String? {
        switch self {
        case .method: message.method
        case .path: message.path
        case .orderingKey: message.orderingKey?.text
        case .attribute(let name): message.attributes[name]
        case .header(let name):
            message.headers.fields.first { $0.name.lowercased() == name }.map { String($0.value) }
        }
    }

    package static let rule =
        "must be method, path, ordering_key, header.NAME, or event.NAME for an attribute of a CloudEvent"

    /// As documents have it: `header.x-kind`, `event.source`. nil for what is none.
    package init?(_ text: String) {
        switch text {
        case "method": self = .method
        case "path": self = .path
        case "ordering_key": self = .orderingKey
        default:
            let parts = text.split(separator: ".", maxSplits: 1)
            guard parts.count == 2, 1...255 ~= parts[1].utf8.count else { return nil }
            switch parts[0] {
            case "header" where FieldReader.isToken(String(parts[1])): self = .header(parts[1].lowercased())
            case "event" where parts[1].utf8.allSatisfy({ 0x61...0x7a ~= $0 || 0x30...0x39 ~= $0 }):
                self = .attribute(String(parts[1]))
            default: return nil
            }
        }
    }

    package var text: String {
        switch self {
        case .method: "method"
        case .path: "path"
        case .orderingKey: "ordering_key"
        case .header(let name): "header." + name
        case .attribute(let name): "event." + name
        }
    }
}

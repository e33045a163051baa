/// The flag that decides what a route does with a message: a boolean whether it delivers, a string to which destination.
package struct RouteFlag: Sendable, Hashable {
    package static let maximumAttributes = 16

    /// What the route does where the flag decides nothing: it is not there, disabled, of another type, or fails.
    package enum Otherwise: String, Sendable, CaseIterable {
        case deliver, skip
    }

    /// Where an attribute of the context comes from, besides those that every context has.
    package enum Source: Sendable, Hashable {
        case field(RouteFilter.Field)
        /// A member of a JSON body, by the names that lead to it.
        case body([String])
    }

    package let key: String
    package let environment: String
    package let otherwise: Otherwise
    /// By the attribute's name.
    package let attributes: [String: Source]

    package init(
        _ key: String, in environment: String = FlagEnvironment.standard, otherwise: Otherwise = .deliver,
        attributes: [String: Source] = [:]
    ) {
        self.key = key
        self.environment = environment
        self.otherwise = otherwise
        self.attributes = attributes
    }

    /// Whether the body must be looked into.
    package var readsBody: Bool { attributes.values.contains { if case .body = $0 { true } else { false } } }
}

extension RouteFlag.Source {
    static let rule = RouteFilter.Field.rule + ", or body.NAME.NAME for a member of a JSON body"
    /// Levels of a body, and bytes of a name.
    private static let (levels, nameBytes) = (8, 128)

    /// As documents have it. nil for what is none.
    init?(_ text: String) {
        guard text.utf8.starts(with: "body.".utf8) else {
            guard let field = RouteFilter.Field(text) else { return nil }
            self = .field(field)
            return
        }
        let names = text.dropFirst("body.".count).split(separator: ".", omittingEmptySubsequences: false)
        guard 1...Self.levels ~= names.count, names.allSatisfy({ 1...Self.nameBytes ~= $0.utf8.count }) else {
            return nil
        }
        self = .body(names.map { String($0) })
    }

    var text: String {
        switch self {
        case .field(let field): field.text
        case .body(let names): "body." + names.joined(separator: ".")
        }
    }
}

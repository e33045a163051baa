/// The scopes of one key.
package struct Scopes: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package init(_ scope: Scope) {
        switch scope {
        case .ingest: rawValue = 1
        case .read: rawValue = 2
        case .manage: rawValue = 4
        case .flagsClient: rawValue = 8
        }
    }

    package static let all = Scope.allCases.reduce(into: Scopes()) { $0.formUnion(Scopes($1)) }

    /// Of a key for which nobody says more.
    package static let standard = Scopes([Scopes(.ingest), Scopes(.read), Scopes(.manage)])

    package var words: [String] { Scope.allCases.filter { contains(Scopes($0)) }.map(\.rawValue) }

    /// nil where a word is no scope, or there is no word.
    package init?(words: some Sequence<String>) {
        self = []
        for word in words {
            // By bytes: to `==` of strings, canonically equivalent texts are equal.
            guard let scope = Scope.allCases.first(where: { $0.rawValue.utf8.elementsEqual(word.utf8) }) else {
                return nil
            }
            formUnion(Scopes(scope))
        }
        if isEmpty { return nil }
    }
}

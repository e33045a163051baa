import JSON

/// A version by Semantic Versioning 2.0.0. Build metadata counts for nothing.
struct SemanticVersion: Sendable {
    private enum Identifier {
        case number([UInt8])
        case text([UInt8])
    }

    /// Major, minor, patch as digits without a leading zero: they may have any length.
    private let core: [[UInt8]]
    private let prerelease: [Identifier]

    /// A `v` may lead; minor and patch may be left out.
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        if let first = rest.first, first | 0x20 == UInt8(ascii: "v") { rest.removeFirst() }
        if let plus = rest.firstIndex(of: UInt8(ascii: "+")) {
            guard Self.identifiers(rest[(plus + 1)...], isPrerelease: false) != nil else { return nil }
            rest = rest[..<plus]
        }
        var prerelease: [Identifier] = []
        if let dash = rest.firstIndex(of: UInt8(ascii: "-")) {
            guard let found = Self.identifiers(rest[(dash + 1)...], isPrerelease: true) else { return nil }
            prerelease = found
            rest = rest[..<dash]
        }
        var core: [[UInt8]] = []
        for part in rest.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard Self.isNumber(part) else { return nil }
            core.append(Array(part))
        }
        guard core.count <= 3 else { return nil }
        self.core = core + Array(repeating: [UInt8(ascii: "0")], count: 3 - core.count)
        self.prerelease = prerelease
    }

    func hasMajor(of other: SemanticVersion) -> Bool { core[0] == other.core[0] }
    func hasMinor(of other: SemanticVersion) -> Bool { hasMajor(of: other) && core[1] == other.core[1] }

    /// Below 0 where it precedes the other, 0 where neither does.
    func order(_ other: SemanticVersion) -> Int {
        for (a, b) in zip(core, other.core) {
            let order = Self.order(number: a, b)
            if order != 0 { return order }
        }
        if prerelease.isEmpty || other.prerelease.isEmpty {
            return (prerelease.isEmpty ? 1 : 0) - (other.prerelease.isEmpty ? 1 : 0)
        }
        for (a, b) in zip(prerelease, other.prerelease) {
            let order = Self.order(a, b)
            if order != 0 { return order }
        }
        return prerelease.count - other.prerelease.count
    }

    private static func order(_ a: Identifier, _ b: Identifier) -> Int {
        switch (a, b) {
        case (.number(let a), .number(let b)): order(number: a, b)
        case (.number, .text): -1
        case (.text, .number): 1
        case (.text(let a), .text(let b)): a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
        }
    }

    private static func order(number a: [UInt8], _ b: [UInt8]) -> Int {
        if a.count != b.count { return a.count - b.count }
        return a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
    }

    private static func identifiers(_ bytes: ArraySlice<UInt8>, isPrerelease: Bool) -> [Identifier]? {
        var identifiers: [Identifier] = []
        for part in bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard !part.isEmpty, part.allSatisfy(isAlphanumeric) else { return nil }
            let isNumeric = part.allSatisfy(isDigit)
            if isNumeric, isPrerelease, !isNumber(part) { return nil }
            identifiers.append(isNumeric ? .number(Array(part)) : .text(Array(part)))
        }
        return identifiers
    }

    private static func isNumber(_ digits: ArraySlice<UInt8>) -> Bool {
        guard let first = digits.first, digits.allSatisfy(isDigit) else { return false }
        return first != UInt8(ascii: "0") || digits.count == 1
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || byte == UInt8(ascii: "-")
    }
}

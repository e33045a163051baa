extension StringProtocol {
    /// Whether it can name a tenant or what a tenant has: 1 to 63 of a-z, 0-9, dot, underscore and hyphen, the first a letter
    /// or digit. ASCII only, so that no two names look alike.
    package var isSlug: Bool {
        guard 1...63 ~= utf8.count, let first = utf8.first, first.isSmallLetterOrDigit else { return false }
        return utf8.allSatisfy { $0.isSmallLetterOrDigit || ".-_".utf8.contains($0) }
    }
}

extension UInt8 {
    fileprivate var isSmallLetterOrDigit: Bool { 0x61...0x7a ~= self || 0x30...0x39 ~= self }
}

/// A network, as `10.0.0.0/8`; a single address is a network of one.
package struct AddressRange: Hashable, Sendable {
    private let base: UInt128
    /// Of 128 bits.
    private let prefixLength: Int

    /// nil where the text is no network, or has bits beyond its prefix: `10.1.0.0/8` may be a slip for `/16`.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
        let isIPv4 = address.isIPv4 && !text.contains(":")
        let width = isIPv4 ? 32 : 128
        var length = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let given = Int(parts[1]), 0...width ~= given else {
                return nil
            }
            length = given
        }
        prefixLength = 128 - width + length
        base = address.bits
        guard base & ~mask == 0 else { return nil }
    }

    package func contains(_ address: IPAddress) -> Bool { address.bits & mask == base }

    private var mask: UInt128 { prefixLength == 0 ? 0 : ~0 << UInt128(128 - prefixLength) }
}

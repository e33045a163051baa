import Glibc

/// An address of IPv4 or IPv6. One of IPv4 and its IPv4-mapped form (`::ffff:a.b.c.d`) are the same.
package struct IPAddress: Hashable, Sendable {
    static let mappedPrefix: UInt128 = 0xffff_0000_0000

    /// In network order, an address of IPv4 mapped.
    let bits: UInt128

    init(bits: UInt128) { self.bits = bits }

    /// Takes the usual forms; nil for names, brackets, zones and old spellings such as `127.1`.
    package init?(_ text: some StringProtocol) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, String(text), &four) == 1 {
            bits = Self.mappedPrefix | UInt128(UInt32(bigEndian: four.s_addr))
        } else if inet_pton(AF_INET6, String(text), &six) == 1 {
            bits = withUnsafeBytes(of: six) { $0.reduce(0) { $0 << 8 | UInt128($1) } }
        } else {
            return nil
        }
    }

    package var isIPv4: Bool { bits >> 32 == Self.mappedPrefix >> 32 }

    /// The IPv4 address to which a NAT64 gateway (RFC 6052, `64:ff9b::/96`) leads.
    var translated: IPAddress? {
        guard bits >> 32 == 0x64_ff9b_0000_0000_0000_0000 else { return nil }
        return IPAddress(bits: Self.mappedPrefix | UInt128(UInt32(truncatingIfNeeded: bits)))
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if isIPv4 {
            var address = in_addr(s_addr: UInt32(truncatingIfNeeded: bits).bigEndian)
            inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
        } else {
            var address = bits.bigEndian
            inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

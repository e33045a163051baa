/// Which addresses the gateway may connect to for tenants: those of the public internet, and the networks that its
/// operator allows. A tenant chooses names, and what they resolve to; without this it could reach what only the
/// gateway's machine can.
package struct EgressRules: Sendable {
    private let allowed: [AddressRange]

    package init(allowed: [AddressRange] = []) { self.allowed = allowed }

    /// Networks, separated by commas. Throws where one is none.
    package init(allowing text: String) throws(EgressRulesError) {
        var ranges: [AddressRange] = []
        for part in text.split(separator: ",") {
            let word = part.filter { !$0.isWhitespace }
            guard let range = AddressRange(word) else { throw EgressRulesError(word: word) }
            ranges.append(range)
        }
        allowed = ranges
    }

    /// What kind of address it is that must not be connected to; nil: it may be.
    package func objection(to address: IPAddress) -> String? {
        if allowed.contains(where: { $0.contains(address) }) { return nil }
        if let translated = address.translated { return objection(to: translated) }
        return Self.special.first { $0.range.contains(address) }?.kind
    }

    /// From the registries of special-purpose addresses (IANA; RFC 6890 and its updates), and what clouds use besides.
    static let special: [(range: AddressRange, kind: String)] = [
        ("private", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"]),
        ("loopback", ["127.0.0.0/8", "::1"]),
        ("link-local", ["169.254.0.0/16", "fe80::/10"]),
        ("metadata", ["168.63.129.16"]),
        ("shared (carrier-grade NAT)", ["100.64.0.0/10"]),
        ("unspecified", ["0.0.0.0/8", "::"]),
        ("multicast", ["224.0.0.0/4", "ff00::/8"]),
        ("documentation", ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"]),
        ("benchmarking", ["198.18.0.0/15"]),
        (
            "tunnelled or translated",
            ["::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "2002::/16", "192.88.99.0/24"]
        ),
        ("reserved", ["192.0.0.0/24", "240.0.0.0/4", "100::/64", "100:0:0:1::/64", "2001::/23", "5f00::/16"]),
    ].flatMap { kind, ranges in ranges.compactMap { text in AddressRange(text).map { ($0, kind) } } }
}

package struct EgressRulesError: Error, CustomStringConvertible {
    package let word: String
    package var description: String { "\(word) is no network; write networks as 10.1.0.0/16 or fd00:1::/32" }
}

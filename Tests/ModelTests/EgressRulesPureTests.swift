import Model
import Testing

struct EgressRulesPureTests {
    @Test(arguments: [
        "127.0.0.1", "127.255.255.255", "::1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
        "100.127.255.255", "100.100.100.200", "169.254.169.254", "168.63.129.16", "0.0.0.0", "0.1.2.3", "::",
        "224.0.0.1", "239.255.255.255", "255.255.255.255", "240.0.0.1", "192.0.0.192", "192.0.2.1", "198.51.100.7",
        "203.0.113.255", "198.18.0.1", "198.19.255.255", "192.88.99.1", "fe80::1", "febf::1", "fec0::1", "fc00::1",
        "fd00:ec2::254", "fdff:ffff::1", "ff02::1", "2001:db8::1", "3fff::1", "2001::1", "2001:2::1", "2002:7f00:1::",
        "2002:808:808::", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "::127.0.0.1",
        "::8.8.8.8", "64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1",
        "5f00::1", "::ffff:0:127.0.0.1",
    ])
    func refuses(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(EgressRules().objection(to: address) != nil)
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
        "192.0.1.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.17", "2606:4700::1111",
        "2001:200::1", "2001:db9::1", "2003::1", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "fbff::1",
    ])
    func lets(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(EgressRules().objection(to: address) == nil)
    }

    @Test func whatIsAllowedIsLet() throws {
        let rules = try EgressRules(allowing: "127.0.0.0/8, 10.1.0.0/16,fd00:1::/32,")
        func isLet(_ text: String) throws -> Bool { rules.objection(to: try #require(IPAddress(text))) == nil }
        #expect(try isLet("127.0.0.1") && isLet("::ffff:127.0.0.1") && isLet("64:ff9b::127.0.0.1"))
        #expect(try isLet("10.1.255.255") && isLet("fd00:1::1"))
        #expect(try !isLet("10.2.0.0") && !isLet("::1") && !isLet("fd00:2::1") && !isLet("169.254.169.254"))
    }

    @Test(arguments: [
        "localhost", "10.0.0.0/33", "10.1.0.0/8", "10.0.0.0/-1", "10.0.0.0/", "/8", "::1/129", "10/8", "1.2.3.4/+8",
    ])
    func aNetworkMustBeOne(_ text: String) {
        let error = #expect(throws: EgressRulesError.self) { try EgressRules(allowing: "127.0.0.0/8,\(text)") }
        #expect(error?.description.contains(text) == true)
    }

    @Test(arguments: ["127.0.0.1", "::1", "2001:db8::8:800:200c:417a"])
    func addressesAreToldInTheirUsualForm(_ text: String) {
        #expect(IPAddress(text)?.description == text)
        #expect(IPAddress("[\(text)]") == nil)
    }

    @Test(arguments: ["127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "localhost", "fe80::1%lo", ""])
    func otherSpellingsAreNoAddresses(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test func aRangeHoldsItsAddressesOnly() throws {
        let all = try #require(AddressRange("::/0"))
        #expect(all.contains(try #require(IPAddress("255.255.255.255"))))
        let one = try #require(AddressRange("192.0.2.1"))
        #expect(one.contains(try #require(IPAddress("::ffff:192.0.2.1"))))
        #expect(!one.contains(try #require(IPAddress("192.0.2.2"))))
    }
}

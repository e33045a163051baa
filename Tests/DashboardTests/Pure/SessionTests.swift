import HTTPTypes
import Model
import Postgres
import Tenants
import Testing

@testable import Dashboard

@Suite struct SessionTests {
    private static let now = Timestamp(microseconds: 1_800_000_000_000_000)

    private func cookies() throws -> SessionCookie { SessionCookie(secrets: try SecretBox(base64: SecretBox.newKey())) }

    private func head(cookie: String? = nil, _ more: HTTPFields = [:]) -> HTTPRequest {
        var head = HTTPRequest(method: .get, scheme: "http", authority: "gateway", path: "/", headerFields: more)
        head.headerFields[.cookie] = cookie
        return head
    }

    @Test(arguments: [Session.Owner.key(.new()), .operator(fingerprint: [UInt8](repeating: 7, count: 32))])
    func comesBackAsItWasKept(_ owner: Session.Owner) throws {
        let (cookies, session) = (try cookies(), Session(owner, now: Self.now))
        let line = try cookies.keeping(session, for: head())
        #expect(
            line.contains("; HttpOnly; SameSite=Strict") && line.contains("Max-Age=43200") && !line.contains("Secure"))
        let shown = head(cookie: "other=1; " + line.prefix { $0 != ";" } + "; more=2")
        #expect(cookies.session(shown, now: Self.now) == session)
        for (proxies, isSecure) in [("https", true), ("HTTPS, http", true), ("http,https", false), ("", false)] {
            let line = try cookies.keeping(session, for: head([.forwardedProto: proxies]))
            #expect(line.hasSuffix("; Secure") == isSecure, "\(proxies)")
        }
    }

    @Test func endsInTime() throws {
        let (cookies, session) = (try cookies(), Session(.key(.new()), now: Self.now))
        let shown = head(cookie: String(try cookies.keeping(session, for: head()).prefix { $0 != ";" }))
        #expect(cookies.session(shown, now: Self.now + .seconds(43_199)) != nil)
        #expect(cookies.session(shown, now: Self.now + .seconds(43_200)) == nil)
    }

    @Test func whatIsChangedOrSealedByOthersIsNone() throws {
        let (cookies, session) = (try cookies(), Session(.key(.new()), now: Self.now))
        let line = String(try cookies.keeping(session, for: head()).prefix { $0 != ";" })
        let others = String(try self.cookies().keeping(session, for: head()).prefix { $0 != ";" })
        let changed = line.replacing(line.suffix(8), with: "AAAAAAA=")
        for cookie in [others, changed, "sluice_session=", "sluice_session", "x" + line, "", ";;="] {
            #expect(cookies.session(head(cookie: cookie), now: Self.now) == nil, "\(cookie)")
        }
        let none: [[UInt8]] = [[], [1], [UInt8](repeating: 1, count: 60), [9] + session.bytes.dropFirst()]
        for bytes in none {
            #expect(Session(bytes: bytes) == nil)
        }
    }

    @Test func formsAreOfTheirSession() {
        let (one, two) = (Session(.key(.new()), now: Self.now), Session(.key(.new()), now: Self.now))
        #expect(one.takes(formToken: one.formToken))
        #expect(!one.takes(formToken: two.formToken) && !one.takes(formToken: ""))
        #expect(one.formToken.utf8.count == 64)
    }

    @Test(
        arguments: [
            ([], true), ([("Sec-Fetch-Site", "same-origin")], true), ([("Sec-Fetch-Site", "cross-site")], false),
            ([("Sec-Fetch-Site", "same-site")], false), ([("Sec-Fetch-Site", "none")], false),
            ([("Origin", "http://gateway")], true), ([("Origin", "https://gateway")], true),
            ([("Origin", "http://evil")], false), ([("Origin", "null")], false),
            ([("Origin", "http://gateway.evil")], false),
            ([("Origin", "https://front"), ("X-Forwarded-Host", "front")], true),
            ([("Origin", "http://gateway"), ("Sec-Fetch-Site", "cross-site")], false),
        ] as [([(String, String)], Bool)])
    func formsComeFromTheGatewaysPages(_ fields: [(String, String)], _ isOwn: Bool) throws {
        var more = HTTPFields()
        for (name, value) in fields { more[try #require(HTTPField.Name(name))] = value }
        #expect(SameOrigin.sent(head(more)) == isOwn)
    }

    @Test func triesToLogInAreLimitedByPeer() {
        let limit = LoginLimit()
        for _ in 0..<10 { #expect(limit.take("1", now: .zero) == nil) }
        #expect(limit.take("1", now: .zero) != nil)
        #expect(limit.take("2", now: .zero) == nil)
        #expect(limit.take("1", now: .seconds(6.1)) == nil)
        #expect(limit.take("1", now: .seconds(6.1)) != nil)
    }

    @Test(
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"), ("2001:db8:1:2::6", "2001:db8:1:2"),
            ("2001:db8::6", "2001:db8:0:0"), ("fe80::1%eth0", "fe80:0:0:0"), ("::1", "0:0:0:0"), ("::", "0:0:0:0"),
            ("2001:db8::5:6:7:8:9", "2001:db8:0:5"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("", ""),
        ]) func aNetworkOfIPv6IsOnePeer(_ address: String, _ peer: String)
    {
        #expect(LoginLimit.peer(address) == peer)
    }

    /// Whoever has many addresses takes no memory with them, and has no more tries.
    @Test func manyPeersShareAnAllowance() {
        let limit = LoginLimit()
        let taken = (0..<2_000).filter { limit.take("\($0)", now: .zero) == nil }.count
        #expect(taken == LoginLimit.peers + Int(LoginLimit.burst))
        #expect(limit.take("new", now: .seconds(60)) == nil)
    }
}

extension SessionTests {
    private func head(_ more: HTTPFields) -> HTTPRequest { head(cookie: nil, more) }
}

import Tenants
import Testing

struct ScopesPureTests {
    @Test(arguments: [
        (["ingest"], ["ingest"]), (["manage", "read", "manage"], ["read", "manage"]),
        (["flags-client"], ["flags-client"]),
    ])
    func areWords(_ words: [String], _ known: [String]) {
        #expect(Scopes(words: words)?.words == known)
    }

    /// The Kelvin sign and full-width letters look like others.
    @Test(arguments: [[], [""], ["admin"], ["Read"], ["read", "ｍanage"], ["read\u{301}"], ["flags_client"]])
    func areNoOtherWords(_ words: [String]) {
        #expect(Scopes(words: words) == nil)
    }

    @Test func standardOnesLackFlagsClient() {
        #expect(Scopes.standard.words == ["ingest", "read", "manage"])
        #expect(Scopes.all.subtracting(.standard).words == ["flags-client"])
    }

    @Test(arguments: [
        ("operator-token-1", true), ("operator-token-2", false), ("operator-token-", false), ("", false),
        ("operator-token-1 ", false),
    ])
    func aTokenOpensWithItselfOnly(_ shown: String, _ opens: Bool) throws {
        let token = try #require(OperatorToken("operator-token-1"))
        #expect(token.opens(with: shown) == opens)
        #expect(OperatorToken("too short") == nil)
    }
}

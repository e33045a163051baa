import JSON
import Testing

@testable import FlagEngine

@Suite struct FractionalTests {
    private static let halves = #"["a",50],["b",50]"#

    /// Keys whose hashes are the least, those about the middle, and the greatest.
    @Test(arguments: [("ejOoVL", "a"), ("bY9fO-", "a"), ("SI7p-", "a"), ("6LvT0", "b"), ("ceQdGm", "b")])
    func splitsAtTheEdges(_ key: String, _ expected: String) {
        let rule = #"{"fractional":[{"var":"k"},\#(Self.halves)]}"#
        #expect(result(rule, #"{"k":"\#(key)"}"#, bucketing: .text) == "\"\(expected)\"")
    }

    /// From the public suite of flagd, for texts: quarters by a name with the seed "shared-seed".
    @Test(arguments: [("seven", "hearts"), ("eight", "diamonds"), ("nine", "clubs"), ("two", "spades")])
    func agreesWithTheSuite(_ name: String, _ expected: String) {
        let rule = #"""
            {"fractional":[{"cat":["shared-seed",{"var":"name"}]},["clubs",25],["diamonds",25],["hearts",25],["spades",25]]}
            """#
        #expect(result(rule, #"{"name":"\#(name)"}"#, bucketing: .text) == "\"\(expected)\"")
    }

    @Test(arguments: [
        // No targeting key, or none that is a text.
        (#"{"fractional":[["a"],["b"]]}"#, "{}"), (#"{"fractional":[["a"]]}"#, #"{"targetingKey":""}"#),
        (#"{"fractional":[["a"]]}"#, #"{"targetingKey":5}"#),
        // Nothing to choose from.
        (#"{"fractional":[]}"#, #"{"targetingKey":"u"}"#), (#"{"fractional":["k"]}"#, "{}"),
        // Weights that are none.
        (#"{"fractional":["k",["a",0]]}"#, "{}"), (#"{"fractional":["k",["a",-5],["b",0]]}"#, "{}"),
        (#"{"fractional":["k",["a",1.5]]}"#, "{}"), (#"{"fractional":["k",["a","1"]]}"#, "{}"),
        (#"{"fractional":["k",["a",true]]}"#, "{}"), (#"{"fractional":["k",["a",2147483648]]}"#, "{}"),
        (#"{"fractional":["k",["a",2147483647],["b",1]]}"#, "{}"), (#"{"fractional":["k",["a",1e999]]}"#, "{}"),
        (#"{"fractional":["k",["a",{"/":[0,0]}]]}"#, "{}"), (#"{"fractional":["k",["a",1e300]]}"#, "{}"),
        // Entries that are none.
        (#"{"fractional":["k","a"]}"#, "{}"), (#"{"fractional":["k",[]]}"#, "{}"),
        (#"{"fractional":["k",["a",1,1]]}"#, "{}"), (#"{"fractional":["k",[["a"]]]}"#, "{}"),
        (#"{"fractional":["k",[{}]]}"#, "{}"),
    ])
    func hasNoResultForWhatIsWrong(_ rule: String, _ data: String) {
        for bucketing in Bucketing.allCases { #expect(result(rule, data, bucketing: bucketing) == "null") }
    }

    @Test(arguments: [
        (#"["a"]"#, #""a""#), (#"["a",null]"#, #""a""#), (#"["a",5.0]"#, #""a""#), (#"["a",2147483647]"#, #""a""#),
        ("[true,1]", "true"), ("[1,1]", "1"), ("[null,1]", "null"), (#"["a",-1],["b",1]"#, #""b""#),
        (#"[{"var":"v"},{"var":"w"}]"#, #""x""#),
        (#"["a",{"-":[{"var":"$flagd.timestamp"},{"var":"w"}]}],["b",1]"#, #""b""#),
    ])
    func takesEntries(_ entries: String, _ expected: String) {
        for bucketing in Bucketing.allCases {
            #expect(result(#"{"fractional":["k",\#(entries)]}"#, #"{"v":"x","w":3}"#, bucketing: bucketing) == expected)
        }
    }

    /// Which keys can be hashed, by generation: null stood for the default key once.
    @Test(arguments: [
        ("null", true, false), ("5", false, true), ("true", false, true), (#"{"id":1}"#, false, true),
        (#""""#, true, true),
    ])
    func takesKeys(_ key: String, _ text: Bool, _ cbor: Bool) {
        for (bucketing, isTaken) in [(Bucketing.text, text), (.cbor, cbor)] {
            let found = result(
                #"{"fractional":[{"var":"k"},["a"]]}"#, #"{"k":\#(key),"targetingKey":"u"}"#, bucketing: bucketing)
            #expect(found == (isTaken ? "\"a\"" : "null"))
        }
    }

    /// An array in the place of the key is an entry, also one that comes with the context.
    @Test func anArrayIsNoKey() {
        let rule = #"{"fractional":[{"var":"k"},["b",0]]}"#
        #expect(result(rule, #"{"k":["a",1],"targetingKey":"u"}"#) == #""a""#)
    }

    /// A roll-out by steps keeps whom it has: the total is constant, and what grows comes first.
    @Test(arguments: Bucketing.allCases) func growsWithoutLosingAnyone(_ bucketing: Bucketing) {
        var before: Set<Int> = []
        for weight in [0, 1, 100, 2_500, 5_000, 10_000] {
            let rule = #"{"fractional":[{"var":"k"},["a",\#(weight)],["b",\#(10_000 - weight)]]}"#
            let treated = Set(
                (0..<100).filter { result(rule, #"{"k":"user-\#($0)"}"#, bucketing: bucketing) == #""a""# })
            #expect(treated.isSuperset(of: before))
            before = treated
        }
        #expect(before.count == 100)
    }

    @Test func sharesAreWhatTheWeightsSay() {
        let rule = #"{"fractional":[["a",10],["b",90]]}"#
        let treated = (0..<500).count { result(rule, #"{"targetingKey":"user-\#($0)"}"#) == #""a""# }
        #expect(30...70 ~= treated)
    }
}

import JSON

@testable import FlagEngine

/// A rule to which flagd's Python evaluator has another answer than this engine, with the reason. The rule's flag has the
/// variants `yes`, `no`, `true`, `false` and `50`; an answer is a variant, or a reason or code without one.
struct KnownDifference: CustomStringConvertible, Sendable {
    let why: String
    let rule: String
    var context = "{}"
    var bucketing = Bucketing.cbor
    let ours: String
    let theirs: String

    var description: String { why }

    var flagCase: FlagCase {
        FlagCase(
            document: json(
                #"""
                {"flags": {"flag": {"state": "ENABLED", "targeting": \#(rule),
                    "variants": {"yes": 1, "no": 2, "true": 3, "false": 4, "50": 5}}}}
                """#), contexts: [json(context)], bucketing: bucketing)
    }

    func word(of answer: JSONObject) -> String {
        for name in ["variant", "error", "reason"] {
            if case .string(let word)? = answer[name] { return word }
        }
        return "exception"
    }

    static let all = javaScript + flagd

    /// JsonLogic is defined by its implementation in JavaScript; Python's differs from it.
    private static let javaScript = [
        KnownDifference(
            why: "null that is there is no reason for the fallback", rule: #"{"var":["n","yes"]}"#,
            context: #"{"n":null}"#, ours: "DEFAULT", theirs: "yes"),
        KnownDifference(why: "null equals nothing but null", rule: #"{"==":[null,0]}"#, ours: "false", theirs: "true"),
        KnownDifference(why: "the empty text is the number 0", rule: #"{"==":["",0]}"#, ours: "true", theirs: "false"),
        KnownDifference(why: "true is not 1", rule: #"{"===":[true,1]}"#, ours: "false", theirs: "true"),
        KnownDifference(
            why: "true is not in a list with 1", rule: #"{"in":[true,[1]]}"#, ours: "false", theirs: "true"),
        KnownDifference(
            why: "lists are not what they hold", rule: #"{"===":[[1],[1]]}"#, ours: "false", theirs: "true"),
        KnownDifference(
            why: "lists are compared as texts", rule: #"{"<":[[1,2],[1,3]]}"#, ours: "true", theirs: "false"),
        KnownDifference(
            why: "null is the number 0 beside a text", rule: #"{"<":["a",null]}"#, ours: "false", theirs: "true"),
        KnownDifference(why: "only < and <= take three", rule: #"{">":[3,2,5]}"#, ours: "true", theirs: "false"),
        KnownDifference(why: "what is not given is not ordered", rule: #"{">":[1]}"#, ours: "false", theirs: "true"),
        KnownDifference(
            why: "null joins as nothing", rule: #"{"cat":["yes",null]}"#, ours: "yes", theirs: "GENERAL"),
        KnownDifference(why: "true joins in lower case", rule: #"{"cat":[true]}"#, ours: "true", theirs: "GENERAL"),
        KnownDifference(
            why: "a sum takes what a text begins with", rule: #"{"+":["50x"]}"#, ours: "50", theirs: "GENERAL"),
        KnownDifference(why: "null can be subtracted", rule: #"{"-":[50,null]}"#, ours: "50", theirs: "GENERAL"),
        KnownDifference(
            why: "what is divided by 0 is infinite", rule: #"{">":[{"/":[1,{"var":["z",0]}]},1]}"#, ours: "true",
            theirs: "exception"),
        KnownDifference(
            why: "a remainder has the sign of what is divided", rule: #"{"<":[{"%":[-7,3]},0]}"#, ours: "true",
            theirs: "false"),
        KnownDifference(
            why: "underscores are in no number", rule: #"{"==":["5_0",50]}"#, ours: "false", theirs: "true"),
        KnownDifference(why: "0x32 is a number", rule: #"{"==":["0x32",50]}"#, ours: "true", theirs: "false"),
        KnownDifference(
            why: "the first value of reduce may be computed", rule: #"{"reduce":[[],1,{"if":[true,"yes"]}]}"#,
            ours: "yes",
            theirs: "GENERAL"),
    ]

    /// flagd itself, in Go, or its specification has it as this engine does.
    private static let flagd = [
        KnownDifference(
            why: "50.0 is a variant's name as 50", rule: #"{"*":[100,0.5]}"#, ours: "50", theirs: "GENERAL"),
        KnownDifference(
            why: "a weight may be a whole number with a point", rule: #"{"fractional":["k",["yes",50.0]]}"#,
            ours: "yes",
            theirs: "DEFAULT"),
        KnownDifference(
            why: "a weight that is null is 1", rule: #"{"fractional":["k",["yes",null]]}"#, ours: "yes",
            theirs: "DEFAULT"),
        KnownDifference(
            why: "null stood for the default key", rule: #"{"fractional":[{"var":"z"},["yes",1]]}"#,
            context: #"{"targetingKey":"u"}"#, bucketing: .text, ours: "yes", theirs: "DEFAULT"),
        KnownDifference(
            why: "the empty key can be hashed", rule: #"{"fractional":["",["yes",1]]}"#, bucketing: .text, ours: "yes",
            theirs: "DEFAULT"),
        KnownDifference(
            why: "a variant that is no scalar has no result", rule: #"{"fractional":["k",[["yes"],1]]}"#,
            ours: "DEFAULT",
            theirs: "GENERAL"),
    ]
}

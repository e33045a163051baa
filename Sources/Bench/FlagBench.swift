import FlagEngine
import JSON

/// What evaluating a flag costs in process, without a database and a network.
package enum FlagBench {
    private static let timestamp: Int64 = 1_800_000_000

    /// - Parameter rounds: of each figure; the median of their means is told.
    package static func run(rounds: Int) throws -> Results {
        let set = try FlagSet(FlagDocument(parsing: Array(document.utf8)))
        let body = try JSONValue(parsing: Array(context.utf8))
        let subject = EvaluationContext(body, gateway: ["tenant": .string("acme"), "plan": .string("paid")])
        var results = Results("flags")
        for (name, key, target) in [
            ("static", "static", "< 0.3 us"), ("targeting", "targeting", "< 2 us"),
            ("fractional", "fractional", "< 2 us"), ("fractional by a key", "keyed", "< 2 us"),
            ("sem_ver", "version", ""), ("unknown key", "nobody", ""),
        ] {
            let cost = median(rounds, of: 20_000) { set.evaluate(key, subject, at: timestamp).variant == nil ? 0 : 1 }
            results.add(name, cost, "us", target: target)
        }
        let hundred = try FlagSet(FlagDocument(parsing: Array(bulk.utf8)))
        let cost = median(rounds, of: 200) { hundred.evaluateAll(subject, at: timestamp).count }
        results.add("bulk of 100", cost, "us", target: "< 200 us")
        let parse = median(rounds, of: 20_000) {
            ((try? JSONValue(parsing: Array(context.utf8))) ?? .null) == .null ? 0 : 1
        }
        results.add("parsing the context", parse, "us")
        let compile = median(rounds, of: 20) {
            (try? FlagSet(FlagDocument(parsing: Array(bulk.utf8))))?.keys.count ?? 0
        }
        results.add("compiling 100 flags", compile, "us")
        return results
    }

    /// Microseconds a call; what the calls return is used, so that none of them can be left out.
    private static func median(_ rounds: Int, of calls: Int, _ call: () -> Int) -> Double {
        var sum = 0
        let costs = (0..<rounds).map { _ in
            let start = ContinuousClock.now
            for _ in 0..<calls { sum &+= call() }
            return elapsed(since: start) / Double(calls) * 1e6
        }
        precondition(sum != .min)
        return Bench.median(costs)
    }

    static let context = """
        {"targetingKey": "user-4711", "email": "ann@example.com", "country": "NL", "version": "1.12.3",
         "user": {"id": 4711, "tags": ["beta", "staff"]}, "ratio": 0.25}
        """

    private static let targeting = """
        {"if": [{"and": [{"==": [{"var": "plan"}, "paid"]}, {"in": [{"var": "country"}, ["NL", "DE", "FR"]]},
            {"ends_with": [{"var": "email"}, "@example.com"]}]}, "on", "off"]}
        """

    private static func flag(_ targeting: String) -> String {
        #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off","targeting":\#(targeting)}"#
    }

    private static let rules = [
        "{}", targeting, #"{"fractional":[["on",10],["off",90]]}"#,
        #"{"fractional":[{"cat":[{"var":"$flagd.flagKey"},{"var":"email"}]},["on",2500],["off",7500]]}"#,
        #"{"if":[{"sem_ver":[{"var":"version"},">=","1.10.0"]},"on"]}"#,
    ]

    /// One flag of each kind.
    static let definitions = zip(["static", "targeting", "fractional", "keyed", "version"], rules).map {
        (key: $0, definition: flag($1))
    }

    private static let document =
        #"{"flags":{"# + definitions.map { #""\#($0)":\#($1)"# }.joined(separator: ",") + "}}"

    /// Twenty of each kind.
    private static let bulk =
        #"{"flags":{"#
        + (0..<100).map { #""flag-\#($0)":\#(flag(rules[$0 % rules.count]))"# }.joined(separator: ",") + "}}"
}

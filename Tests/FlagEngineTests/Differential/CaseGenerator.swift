import JSON
import TestSupport

@testable import FlagEngine

/// Flags and contexts at random, within what both engines define alike: see `KnownDifference` for what is left out, which is
/// why rules are made by the type of their results.
struct CaseGenerator {
    private static let names = ["yes", "no", "maybe"]

    let bucketing: Bucketing
    var generator: SeededGenerator
    /// The reference puts evaluators in place by a regular expression's template, where a backslash, as JSON's escapes have
    /// it, is a fault.
    var isPlain = false

    init(seed: UInt64, bucketing: Bucketing) {
        self.bucketing = bucketing
        generator = SeededGenerator(seed: seed)
    }

    mutating func flagCase(contexts: Int) -> FlagCase {
        var flag: JSONObject = [
            "state": .string(chance(20) ? "DISABLED" : "ENABLED"), "variants": variants(),
        ]
        if !chance(4) { flag["defaultVariant"] = .string(pick(Self.names)) }
        if chance(20) { flag["defaultVariant"] = .null }
        if chance(3) { flag["metadata"] = .object(["owner": .string("flag"), "n": 1, "f": 1.5, "b": .bool(true)]) }
        if !chance(10) { flag["targeting"] = targeting() }
        isPlain = true
        let evaluator = result(1)
        isPlain = false
        var document: JSONObject = [
            "flags": .object(["flag": .object(flag)]), "$evaluators": .object(["variant": evaluator]),
        ]
        if chance(3) { document["metadata"] = .object(["flagSetId": .string("set"), "owner": .string("set")]) }
        return FlagCase(
            document: .object(document), contexts: (0..<contexts).map { _ in context() }, bucketing: bucketing)
    }

    private mutating func variants() -> JSONValue {
        let values: [JSONValue] =
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: [.bool(true), .bool(false), .bool(true)]
            case 1: [.string("x"), .string("\u{e9}"), .string("")]
            case 2: [1, -2, .number(JSONNumber(lexeme: "9007199254740993"))]
            case 3: [1, 2.5, .number(JSONNumber(lexeme: "1e3"))]
            default: [.object(["a": 1, "b": 1.5]), .object([:]), .object(["list": .array([.null, .bool(true)])])]
            }
        var members = JSONObject(zip(Self.names, values).map { (key: $0, value: $1) })
        if chance(2) { (members["true"], members["false"]) = (values[0], values[1]) }
        if chance(3) { members["5"] = values[2] }
        return .object(members)
    }

    private mutating func context() -> JSONValue {
        var members: JSONObject = [:]
        if !chance(6) { members["targetingKey"] = .string("user-\(Int.random(in: 0..<1_000_000, using: &generator))") }
        if !chance(4) {
            members["email"] = .string(pick(["a@x.example", "b@y.example", "\u{e9}@x.example", "e\u{301}"]))
        }
        if !chance(4) { members["plan"] = .string(pick(["free", "paid", "trial", "yes"])) }
        if !chance(4) { members["age"] = .number(JSONNumber(Int.random(in: 0..<100, using: &generator))) }
        if !chance(4) { members["ratio"] = pick([0.5, 2.25, 100.125, 3, 1e300, -0.75]) }
        if !chance(4) {
            members["version"] = .string(pick(["1.2.3", "v1.2", "2.0.0-rc.1+b", "1", "1.10.0", "junk", "1.2.3.4"]))
        }
        if !chance(4) {
            members["user"] = .object(["name": .string(pick(["ann", "bob"])), "id": 7, "tags": numbers()])
        }
        if !chance(4) { members["numbers"] = numbers() }
        members["beta"] = .bool(chance(2))
        return .object(members)
    }

    private mutating func numbers() -> JSONValue {
        .array(
            (0..<Int.random(in: 0..<5, using: &generator)).map { _ in
                .number(JSONNumber(Int.random(in: 0..<10, using: &generator)))
            })
    }

    private mutating func targeting() -> JSONValue {
        let result = result(3)
        // An evaluator that is no rule makes targeting that is none, where it stands alone; here it is a value as any other.
        if case .object(let members) = result, members.count == 1, members["$ref"] == nil { return result }
        return op("if", condition(3), result)
    }
}

extension CaseGenerator {
    mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &generator) == 0 }

    mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: values.indices, using: &generator)] }

    func op(_ name: String, _ arguments: JSONValue...) -> JSONValue { .object([name: .array(arguments)]) }

    func variable(_ name: String) -> JSONValue { .object(["var": .string(name)]) }

    /// What names a variant, or should.
    mutating func result(_ depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 12 : 4), using: &generator) {
        case 0...1: .string(pick(Self.names))
        case 2: pick([.null, .bool(true), .bool(false), 5, .string("nobody")])
        case 3: depth < 3 ? .string(pick(Self.names)) : op("$nonsense", .null)
        case 4...6: op("if", condition(depth), result(depth - 1), result(depth - 1))
        case 7: op("if", condition(depth), result(depth - 1), condition(1), result(depth - 1))
        case 8...9: fractional(depth)
        case 10: chance(2) ? op("or", variable("plan"), result(depth - 1)) : op("and", condition(1), result(depth - 1))
        default: .object(["$ref": .string(chance(5) ? "nobody" : "variant")])
        }
    }

    mutating func condition(_ depth: Int) -> JSONValue {
        guard depth > 0 else { return variable("beta") }
        switch Int.random(in: 0..<16, using: &generator) {
        case 0: return op(pick(["==", "!=", "===", "!=="]), text(depth - 1), text(depth - 1))
        case 1: return op(pick(["==", "!=", "===", "!=="]), number(depth - 1), number(depth - 1))
        case 2: return op(pick(["<", "<=", ">", ">="]), number(depth - 1), number(depth - 1))
        case 3: return op(pick(["<", "<="]), number(depth - 1), number(depth - 1), number(depth - 1))
        case 4: return op(pick(["<", "<=", ">", ">="]), text(depth - 1), text(depth - 1))
        case 5: return op("in", text(depth - 1), .array([.string("free"), text(0), text(0)]))
        case 6: return op(pick(["in", "starts_with", "ends_with"]), text(depth - 1), text(depth - 1))
        case 7:
            return op(
                "sem_ver", version(), .string(pick(["=", "!=", "<", "<=", ">", ">=", "^", "~", "=="])), version())
        case 8: return op(pick(["!", "!!"]), condition(depth - 1))
        case 9: return op(pick(["and", "or"]), condition(depth - 1), condition(depth - 1))
        case 10: return op(pick(["all", "some", "none"]), list(depth - 1), op(">", variable(""), number(0)))
        case 11: return op("!", op("missing", .string("email"), .string("user.name"), .string("nobody")))
        case 12: return op("!!", op("missing_some", pick([1, 2]), .array([.string("email"), .string("age")])))
        case 13: return op("==", number(depth - 1), pick([.string("5"), .string(" 7 "), .string("1e1"), .string("x")]))
        case 14: return depth > 1 ? op("!!", list(depth - 1)) : variable("beta")
        default: return op(">", variable("$flagd.timestamp"), .number(JSONNumber(pick([0, FlagCase.timestamp]))))
        }
    }

    mutating func text(_ depth: Int) -> JSONValue {
        let given: [JSONValue] = [
            .string("free"), .string("x.example"), .string(isPlain ? "e" : "\u{e9}"), .string("10"), .string("9"),
        ]
        switch Int.random(in: 0..<(depth > 0 ? 8 : 4), using: &generator) {
        case 0: return pick(given)
        case 1...2: return op("var", .string(pick(["email", "plan", "user.name", "$flagd.flagKey"])), pick(given))
        case 3: return .string("free")
        case 4: return op("cat", text(depth - 1), number(0, integer: true), text(depth - 1))
        case 5: return op("substr", text(depth - 1), pick([0, 1, -2, 4, 99, -99]), pick([1, 3, -1, 99]))
        case 6: return op("if", condition(depth - 1), text(depth - 1), text(depth - 1))
        default: return op("substr", text(depth - 1), pick([0, 2, -3]))
        }
    }

    /// Without divisors of 0 and remainders of what is negative.
    mutating func number(_ depth: Int, integer: Bool = false) -> JSONValue {
        let given: [JSONValue] = integer ? [0, 5, 7, 120] : [0, 5, -3, 0.5, 1e3, 100]
        switch Int.random(in: 0..<(depth > 0 ? 9 : 3), using: &generator) {
        case 0: return pick(given)
        case 1...2:
            return op(
                "var", .string(pick(integer ? ["age", "user.id"] : ["age", "ratio", "user.id", "numbers.0"])),
                pick(given))
        case 3: return op(pick(["+", "*", "min", "max"]), number(depth - 1), number(depth - 1))
        case 4: return op("-", number(depth - 1), number(depth - 1))
        case 5: return op("%", number(0, integer: true), pick([3, 7]))
        case 6: return op("/", number(depth - 1), pick([4, 0.5]))
        case 7: return op("+", pick([.string("12"), .string("3.5")]), number(depth - 1))
        default: return op("reduce", list(depth - 1), op("+", variable("accumulator"), variable("current")), 0)
        }
    }

    mutating func list(_ depth: Int) -> JSONValue {
        guard depth > 0 else { return variable(pick(["numbers", "user.tags", "nobody"])) }
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: return op("filter", list(depth - 1), op("<", variable(""), number(0)))
        case 1: return op("map", list(depth - 1), op("*", variable(""), 2))
        case 2: return op("merge", op("var", .string("numbers"), .array([])), .array([1, 2]), 3)
        default: return list(0)
        }
    }

    private mutating func version() -> JSONValue {
        chance(2) ? variable("version") : .string(pick(["1.2.3", "1.2", "v2.0.0-rc.2", "1.10.0-1", "2.0.0-01"]))
    }

    private mutating func fractional(_ depth: Int) -> JSONValue {
        var arguments: [JSONValue] = []
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: arguments.append(text(1).isNeverEmpty ?? op("cat", .string("seed"), variable("$flagd.flagKey")))
        case 1: arguments.append(op("cat", variable("$flagd.flagKey"), op("var", .string("email"), .string("none"))))
        case 2 where bucketing == .cbor:
            let name = pick(["age", "ratio", "user", "beta", "email", "user.id", "nobody"])
            arguments.append(
                chance(4)
                    ? pick([7, 0.1, 65_504, 1e19, .bool(true), .number(JSONNumber(lexeme: "1.0"))]) : variable(name))
        default: break
        }
        for _ in 0..<Int.random(in: 1..<5, using: &generator) {
            let variant = chance(4) ? result(depth - 1) : .string(pick(Self.names))
            var entry = [variant]
            if !chance(4) { entry.append(weight(depth)) }
            arguments.append(.array(entry))
        }
        return .object(["fractional": .array(arguments)])
    }

    private mutating func weight(_ depth: Int) -> JSONValue {
        if chance(12) { return pick([-5, 0.5, .string("5"), .bool(true), .number(JSONNumber(1 << 31))]) }
        if chance(4) { return op("if", condition(depth - 1), 90, 0) }
        return .number(JSONNumber(pick([0, 1, 10, 25, 50, 10_000])))
    }
}

extension JSONValue {
    /// The empty text is hashed by this engine alone; only a literal or a variable with a fallback is never empty.
    fileprivate var isNeverEmpty: JSONValue? {
        switch self {
        case .string: self
        case .object(let members) where members["var"] != nil: self
        default: nil
        }
    }
}

/// Operators whose arguments are all evaluated before they are.
enum Function: String, CaseIterable, Sendable {
    case not = "!"
    case truth = "!!"
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
    case minimum = "min"
    case maximum = "max"
    case contains = "in"
    case concatenate = "cat"
    case substring = "substr"
    case merge
    case missing
    case missingSome = "missing_some"
    case log
    case startsWith = "starts_with"
    case endsWith = "ends_with"

    /// Whether the same arguments give the same result whatever the data.
    var isPure: Bool { self != .missing && self != .missingSome }
}

/// Operators that evaluate a rule for each item of a list, with the item for data.
enum ListOperator: String, CaseIterable, Sendable {
    case map, filter, reduce, all, some, none
}

enum Comparison: String, CaseIterable, Sendable {
    case looselyEqual = "=="
    case looselyUnequal = "!="
    case strictlyEqual = "==="
    case strictlyUnequal = "!=="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    /// `a < b < c`.
    var takesThree: Bool { self == .less || self == .lessOrEqual }
}

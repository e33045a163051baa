import JSON

/// Variants by weight: which one holds a share of the hashes.
struct Distribution: Sendable {
    /// What a sum of weights may be: 2^31 - 1, as in flagd, so that a hash times it fits into 64 bits.
    static let maximumTotal = Int(Int32.max)

    struct Invalid: Error {
        let problem: String
    }

    private var variants: [JSONValue] = []
    /// Weights up to and with each variant.
    private var ends: [Int] = []
    private var total = 0

    /// - Parameter entries: arrays of a variant and a weight, which may be left out or null for 1.
    init(_ entries: some Sequence<JSONValue>) throws(Invalid) {
        for entry in entries {
            guard case .array(let parts) = entry, 1...2 ~= parts.count else {
                throw Invalid(problem: "each entry of fractional must be [variant] or [variant, weight]")
            }
            switch parts[0] {
            case .array, .object:
                throw Invalid(problem: "a variant of fractional must be a string, boolean, number or null")
            default: variants.append(parts[0])
            }
            total += try Self.weight(parts.count > 1 ? parts[1] : .null)
            guard total <= Self.maximumTotal else {
                throw Invalid(problem: "the weights of fractional must not exceed \(Self.maximumTotal) in all")
            }
            ends.append(total)
        }
        guard total > 0 else { throw Invalid(problem: "the weights of fractional must be more than 0 in all") }
    }

    /// Null where there is none, which can't be.
    func variant(_ hash: UInt32) -> JSONValue {
        let bucket = Int((UInt64(hash) * UInt64(total)) >> 32)
        return ends.firstIndex { bucket < $0 }.map { variants[$0] } ?? .null
    }

    /// Negative ones, as a computed roll-out may give, are 0.
    private static func weight(_ value: JSONValue) throws(Invalid) -> Int {
        switch value {
        case .null: return 1
        case .number(let number):
            guard let weight = Int(exactly: number.value), weight <= maximumTotal else { fallthrough }
            return max(weight, 0)
        default: throw Invalid(problem: "a weight of fractional must be a whole number up to \(maximumTotal)")
        }
    }
}

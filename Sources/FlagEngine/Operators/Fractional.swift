import JSON

/// `fractional`: a variant for a share of the bucket keys.
struct Fractional: Sendable {
    /// The bucket key, unless the first is an entry, and the entries.
    let arguments: [Rule]
    /// Where the entries after the bucket key, or all, hold nothing to be computed.
    let distribution: Distribution?
    /// Whether the first argument is an entry whatever the data.
    let hasNoKey: Bool
    /// Why it never has a result, where that is known.
    let problem: String?

    init(_ arguments: [Rule]) {
        self.arguments = arguments
        hasNoKey =
            switch arguments.first {
            case .list?, .literal(.array)?: true
            default: false
            }
        let literals = arguments.dropFirst(hasNoKey ? 0 : 1).map(\.literal)
        let entries = literals.compactMap(\.self)
        guard entries.count == literals.count else {
            (distribution, problem) = (nil, nil)
            return
        }
        do throws(Distribution.Invalid) {
            (distribution, problem) = (try Distribution(entries), nil)
        } catch {
            (distribution, problem) = (nil, error.problem)
        }
    }

    /// Of an entry: what counts as 0, which an author hardly means.
    static func negativeWeights(_ entry: Rule) -> [JSONNumber] {
        let weight: JSONValue? =
            switch entry {
            case .list(let parts) where parts.count == 2: parts[1].literal
            case .literal(.array(let parts)) where parts.count == 2: parts[1]
            default: nil
            }
        guard case .number(let number)? = weight, number.value < 0 else { return [] }
        return [number]
    }
}

extension Interpreter {
    /// Null where the bucket key, a variant or a weight is not what it may be.
    mutating func split(_ fractional: Fractional, in scope: Scope) throws(LogicError) -> JSONValue {
        if fractional.hasNoKey, let distribution = fractional.distribution {
            return defaultHash(in: scope).map(distribution.variant) ?? .null
        }
        guard let first = fractional.arguments.first else { return .null }
        let key = try paidValue(of: first, in: scope)
        if let distribution = fractional.distribution, !fractional.hasNoKey, !key.isArray {
            return hash(key, in: scope).map(distribution.variant) ?? .null
        }
        var entries = try values(of: Array(fractional.arguments.dropFirst()), in: scope)
        if key.isArray { entries.insert(key, at: 0) }
        guard let distribution = try? Distribution(entries),
            let hash = key.isArray ? defaultHash(in: scope) : hash(key, in: scope)
        else { return .null }
        return distribution.variant(hash)
    }

    /// Nil for what can't be a bucket key. Before CBOR only texts could, and null stood for the default.
    private func hash(_ key: JSONValue, in scope: Scope) -> UInt32? {
        switch (subject.bucketing, key) {
        case (.text, .null): defaultHash(in: scope)
        case (.text, .string), (.cbor, .bool), (.cbor, .number), (.cbor, .string), (.cbor, .object):
            subject.bucketing.hash(key)
        default: nil
        }
    }

    /// Of flag key and targeting key; nil without a targeting key.
    private func defaultHash(in scope: Scope) -> UInt32? {
        guard case .string(let targetingKey)? = subject.value(of: Self.targetingKey, in: scope), !targetingKey.isEmpty
        else { return nil }
        return subject.bucketing.hash(flagKey: subject.flagKey, targetingKey: targetingKey)
    }

    private static let targetingKey = VariablePath(.string("targetingKey"))
}

extension JSONValue {
    fileprivate var isArray: Bool { if case .array = self { true } else { false } }
}

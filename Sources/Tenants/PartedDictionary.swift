/// A dictionary in parts: a copy that is changed shares all but a few parts with the original, so that one change among
/// 100,000 entries copies some hundreds of them.
struct PartedDictionary<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private static var partCount: Int { 256 }

    private var parts = [[Key: Value]](repeating: [:], count: partCount)

    init() {}

    var count: Int { parts.reduce(0) { $0 + $1.count } }

    subscript(key: Key) -> Value? {
        get { parts[Self.part(key)][key] }
        set { parts[Self.part(key)][key] = newValue }
    }

    /// In no order; it looks at all of them.
    func values(where isWanted: (Value) -> Bool) -> [Value] { parts.flatMap { $0.values.filter(isWanted) } }

    private static func part(_ key: Key) -> Int { key.hashValue & (partCount - 1) }
}

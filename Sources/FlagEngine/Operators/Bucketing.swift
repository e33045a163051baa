import JSON

/// What `fractional` hashes: flagd's generations. A flag set keeps its own, since another one moves users between variants.
package enum Bucketing: Int, Sendable, CaseIterable {
    /// The bytes of a text: the bucket key, or flag key and targeting key one after the other (flagd 0.15).
    case text = 2
    /// Deterministic CBOR of a value: the bucket key, or the array of flag key and targeting key.
    case cbor = 3

    func hash(_ key: JSONValue) -> UInt32 {
        switch (self, key) {
        case (.text, .string(let text)): return MurmurHash3.hash(text)
        default:
            var encoder = CBOREncoder()
            encoder.encode(key)
            return MurmurHash3.hash(encoder.bytes)
        }
    }

    /// Without a bucket key.
    func hash(flagKey: String, targetingKey: String) -> UInt32 {
        switch self {
        case .text: MurmurHash3.hash(flagKey + targetingKey)
        case .cbor: hash(.array([.string(flagKey), .string(targetingKey)]))
        }
    }
}

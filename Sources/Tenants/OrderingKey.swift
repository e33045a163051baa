import Crypto
import FoundationEssentials
package import Model

/// What deliveries to an ordered destination have in common that must arrive in order.
package struct OrderingKey: Sendable, Hashable {
    package static let lengths = 1...255

    package let text: String

    /// nil where it is too short or too long, in bytes.
    package init?(_ text: String) {
        guard Self.lengths ~= text.utf8.count else { return nil }
        self.text = text
    }

    /// The same in every process and for ever: a key that changed its lane would lose its order.
    func place(among count: Int) -> Int {
        OrderingKey.place(of: SHA256.hash(data: Array(text.utf8)), among: count)
    }

    static func place(of hash: some Sequence<UInt8>, among count: Int) -> Int {
        Int(hash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % UInt64(count))
    }
}

extension Destination {
    /// In the order in which keys are spread over them.
    package var lanes: [LaneID] { [lane] + furtherLanes }

    /// The lane of a request. What has no key has no order either: it goes to any lane. A destination that is not
    /// ordered has one lane for all.
    package func lane(of request: RequestID, orderedBy key: OrderingKey?) -> LaneID {
        guard !furtherLanes.isEmpty else { return lane }
        let count = furtherLanes.count + 1
        let place =
            key?.place(among: count)
            ?? withUnsafeBytes(of: request.uuid.uuid) { OrderingKey.place(of: $0.suffix(8), among: count) }
        return place == 0 ? lane : furtherLanes[place - 1]
    }
}

package import FoundationEssentials

/// An id that can't be mistaken for another kind's. Made by the gateway as a UUIDv7.
package struct Identifier<Kind>: Hashable, Sendable {
    package let uuid: UUID

    package init(_ uuid: UUID) { self.uuid = uuid }

    /// A new id, greater than every one that this process has made before.
    package static func new() -> Self { Self(UUIDv7.next()) }
}

extension Identifier: CustomStringConvertible {
    /// RFC 9562, section 4: small letters.
    package var description: String {
        withUnsafeBytes(of: uuid.uuid) { bytes in
            String(unsafeUninitializedCapacity: 36) { text in
                var place = 0
                func put(_ byte: UInt8) {
                    text[place] = byte
                    place += 1
                }
                for (index, byte) in bytes.enumerated() {
                    if index == 4 || index == 6 || index == 8 || index == 10 { put(UInt8(ascii: "-")) }
                    put(Self.digit(byte >> 4))
                    put(Self.digit(byte & 0xf))
                }
                return place
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    package init?(_ text: some StringProtocol) {
        guard let uuid = UUID(uuidString: String(text)) else { return nil }
        self.uuid = uuid
    }
}

package enum TenantKind {}
package enum KeyKind {}
package enum DestinationKind {}
package enum RequestKind {}
package enum WorkerKind {}
package enum HealthCheckKind {}
package enum ReplayKind {}
package enum RouteKind {}
package enum SourceKind {}
package enum FlagSetKind {}
package enum RolloutKind {}

package typealias TenantID = Identifier<TenantKind>
package typealias KeyID = Identifier<KeyKind>
package typealias DestinationID = Identifier<DestinationKind>
package typealias RequestID = Identifier<RequestKind>
package typealias WorkerID = Identifier<WorkerKind>
package typealias HealthCheckID = Identifier<HealthCheckKind>
package typealias ReplayID = Identifier<ReplayKind>
package typealias RouteID = Identifier<RouteKind>
package typealias SourceID = Identifier<SourceKind>
package typealias FlagSetID = Identifier<FlagSetKind>
package typealias RolloutID = Identifier<RolloutKind>

/// The scheduling row of a destination, unique within its shard.
package struct LaneID: Hashable, Sendable {
    package let shard: Int16
    package let number: Int64

    package init(shard: Int16, number: Int64) {
        self.shard = shard
        self.number = number
    }
}

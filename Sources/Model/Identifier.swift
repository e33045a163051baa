package import FoundationEssentials

/// An id that can't be mistaken for another kind's. Made by the gateway as a UUIDv7.
package struct Identifier<Kind>: Hashable, Sendable {
    package let uuid: UUID

    package init(_ uuid: UUID) { self.uuid = uuid }

    /// Greater than every id that is made: where lists begin that go back in time.
    package static var last: Self {
        Self(UUID(uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)))
    }

    /// A new id, greater than every one that this process has made before.
    package static func new() -> Self { Self(UUIDv7.next()) }
}

extension Identifier: CustomStringConvertible {
    package var description: String { uuid.uuidString.lowercased() }

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
package enum ProcessKind {}

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
package typealias ProcessID = Identifier<ProcessKind>

/// The scheduling row of a destination, unique within its shard.
package struct LaneID: Hashable, Sendable {
    package let shard: Int16
    package let number: Int64

    package init(shard: Int16, number: Int64) {
        self.shard = shard
        self.number = number
    }
}

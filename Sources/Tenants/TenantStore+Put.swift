import FoundationEssentials
import Postgres

extension TenantStore {
    /// What making or changing a route or a source came to.
    package enum Put<Item: Sendable>: Sendable {
        case put(Item)
        /// It is not of the expected version: someone else changed, made or deleted it.
        case stale
        case unknownDestination
        /// The tenant has as many as it may.
        case tooMany
    }

    package enum Removal: String, Sendable {
        case deleted
        case stale = "changed"
        case unknown
    }

    static func put<Item>(_ rows: Rows, _ item: (UUID, Int64) throws -> Item) throws -> Put<Item> {
        guard let row = rows.first else { return .stale }
        return switch try row.decode(0, as: String.self) {
        case "put": .put(try item(try row.decode(1), try row.decode(2)))
        case "unknown_destination": .unknownDestination
        case "too_many": .tooMany
        default: .stale
        }
    }

    static func removal(_ rows: Rows) throws -> Removal {
        try rows.first.flatMap { Removal(rawValue: try $0.decode(0)) } ?? .unknown
    }
}

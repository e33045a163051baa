import FoundationEssentials

/// A `bytea` value.
package struct Bytea: Sendable, Hashable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { bytes = Array(text.utf8) }
}

/// A `jsonb` value as its text; no JSON library takes part.
package struct JSONB: Sendable, Hashable {
    package var text: String

    package init(_ text: String) { self.text = text }
}

/// A `timestamptz` value: microseconds since the Unix epoch, exactly what the server stores.
package struct Timestamp: Sendable, Hashable, Comparable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// By this machine's clock.
    package static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }

    /// From 1970-01-01 to PostgreSQL's own epoch, 2000-01-01.
    static let postgresEpoch: Int64 = 946_684_800_000_000

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

    /// Rounds the duration to whole microseconds, towards zero.
    package static func + (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(microseconds: time.microseconds + duration.microseconds)
    }

    package static func - (a: Timestamp, b: Timestamp) -> Duration {
        .microseconds(a.microseconds - b.microseconds)
    }
}

extension Duration {
    /// Whole microseconds, rounded towards zero.
    package var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}

import Foundation
import Postgres
import Requests
import SQL

/// What one look at the database gave.
struct TopReading: Sendable {
    /// Grow only, from when the server's statistics were last reset.
    struct Counts: Sendable, Equatable {
        var accepted: Int64 = 0
        var attempts: Int64 = 0
        var dead: Int64 = 0
    }

    struct Destination: Sendable, Equatable {
        var tenant: String
        var name: String
        /// Of its circuit; or the mode, where that is not auto.
        var state: String
        var waiting: Int64 = 0
        /// There are more, which were not counted.
        var isMore = false
        /// When the first of them is, or was, due.
        var oldestAt: Timestamp?
        var inFlight: Int64 = 0
        /// Attempts of the last minute.
        var delivered: Int64 = 0
        var failed: Int64 = 0
    }

    /// By the database's clock.
    var at: Timestamp
    var database: String
    var processes: Int64
    var leader: String?
    /// Estimates of the server's statistics, which lag by some seconds.
    var estimatedWaiting: Int64
    var dead: Int64
    var inFlight: Int64
    var counts: Counts
    /// What the processes recorded of the last whole minute.
    var minute: TrafficMinute?
    var circuits: [(state: String, count: Int64)]
    /// Those that have something to do, or a circuit that is not closed.
    var destinations: [Destination]

    /// Of all destinations: what was counted, or where that is not all the estimate, if it is more.
    var waiting: (count: Int64, isEstimate: Bool) {
        let counted = destinations.reduce(0) { $0 + $1.waiting }
        let isAll = destinations.count < Int(Self.lanes) && !destinations.contains(where: \.isMore)
        return isAll ? (counted, false) : (max(counted, estimatedWaiting), true)
    }
}

extension TopReading {
    static let statements =
        ["top.summary", "top.circuits", "top.destinations"].map { SQL[$0] } + StatisticsReader.statements

    /// Lanes that are looked at, and deliveries that are counted of each: a look costs a known part of a second whatever
    /// waits.
    static let lanes: Int32 = 1_000
    static let counted: Int32 = 1_000

    static func read(_ client: Client) async throws -> TopReading {
        guard let row = try await client.query(SQL["top.summary"]).first else {
            throw CommandError("the database has no summary")
        }
        let circuits = try await client.query(SQL["top.circuits"]).map {
            (state: try $0.decode(0, as: String.self), count: try $0.decode(1, as: Int64.self))
        }
        let destinations = try await client.query(SQL["top.destinations"], Parameters(lanes, counted))
            .map(Destination.init)
        var reading = try TopReading(row, circuits: circuits, destinations: destinations)
        // The last one is still running.
        reading.minute = try await StatisticsReader(client).traffic(of: nil, shard: nil, minutes: 2).dropLast().last
        return reading
    }

    private init(_ row: Row, circuits: [(state: String, count: Int64)], destinations: [Destination]) throws {
        at = try row.decode(0)
        database = try row.decode(1)
        processes = try row.decode(2)
        leader = try row.decode(3, as: UUID?.self)?.uuidString.lowercased()
        estimatedWaiting = try row.decode(4)
        inFlight = try row.decode(5)
        dead = try row.decode(6)
        counts = Counts(accepted: try row.decode(7), attempts: try row.decode(8), dead: try row.decode(9))
        self.circuits = circuits
        self.destinations = destinations
    }
}

extension TopReading.Destination {
    fileprivate init(_ row: Row) throws {
        tenant = try row.decode(0)
        name = try row.decode(1)
        state = try row.decode(2)
        waiting = try row.decode(3)
        isMore = try row.decode(4)
        oldestAt = try row.decode(5)
        inFlight = try row.decode(6)
        delivered = try row.decode(7)
        failed = try row.decode(8)
    }
}

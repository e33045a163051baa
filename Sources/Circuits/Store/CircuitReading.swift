import FoundationEssentials
import Model
package import Postgres

/// A circuit as it was read, with what it is to be judged by at that moment.
package struct CircuitReading: Sendable {
    package let key: CircuitKey
    /// What is written is written only if the circuit is still in this version.
    let version: Int64
    package var circuit: Circuit
    /// The database's clock.
    package let now: Timestamp
    /// Deliveries under way, over all workers.
    package let inFlight: Int
    /// Nothing is due.
    package let backlogIsEmpty: Bool

    /// Of a row of `circuits.find`.
    init(_ row: Row, _ key: CircuitKey) throws {
        var cells = Cells(row: row)
        self.key = key
        version = try cells.next()
        circuit = try Circuit(&cells)
        now = try cells.next()
        inFlight = Int(try cells.next(Int64.self))
        backlogIsEmpty = try cells.next()
    }
}

/// The cells of a row, in their order.
private struct Cells {
    let row: Row
    private var column = 0

    init(row: Row) { self.row = row }

    mutating func next<Value: PostgresDecodable>(_ type: Value.Type = Value.self) throws -> Value {
        defer { column += 1 }
        return try row.decode(column)
    }

    /// One of an enumeration's words.
    mutating func word<Word: RawRepresentable<String>>() throws -> Word {
        let text: String = try next()
        guard let word = Word(rawValue: text) else {
            throw PostgresError(.mismatch, "\(text) is no word of \(Word.self)", statement: "circuits.find")
        }
        return word
    }

    mutating func count() throws -> Int { Int(try next(Int32.self)) }
}

extension Circuit {
    fileprivate init(_ cells: inout Cells) throws {
        self.init(at: Timestamp(microseconds: 0))
        mode = try cells.word()
        modeUntil = try cells.next()
        modeBy = try cells.next()
        modeReason = try cells.next()
        state = try cells.word()
        epoch = try cells.next()
        stateSince = try cells.next()
        reason = try cells.word()
        openedAt = try cells.next()
        retryAt = try cells.next()
        reopenCount = try cells.count()
        stableSince = try cells.next()
        flapAlarm = FlapAlarm(openings: try cells.next())
        alerts = try cells.count()
        probes = try Probes(&cells)
        throttledUntil = try cells.next()
        limit = try DispatchLimit(&cells)
        lastGoodLimit = try cells.next()
        ceiling = try cells.next(Int32?.self).map { Int($0) }
        suspectedSince = try cells.next()
        wouldOpenAt = try cells.next()
        healthIsUp = try cells.next()
        failedCanaries = try cells.count()
    }
}

extension Probes {
    fileprivate init(_ cells: inout Cells) throws {
        self.init()
        let owner: UUID? = try cells.next()
        lastToken = try cells.next()
        let until: Timestamp? = try cells.next()
        ok = try cells.count()
        fail = try cells.count()
        lost = try cells.count()
        skipRequest = try cells.next(UUID?.self).map { RequestID($0) }
        if let owner, let until { leases = [ProbeLease(owner: WorkerID(owner), token: lastToken, until: until)] }
    }
}

extension DispatchLimit {
    fileprivate init?(_ cells: inout Cells) throws {
        let value: Double? = try cells.next()
        let threshold: Double? = try cells.next()
        let changedAt: Timestamp? = try cells.next()
        let seen: [Int32]? = try cells.next()
        guard let value, let threshold, let changedAt else { return nil }
        self.init(
            value: value, threshold: threshold, changedAt: changedAt,
            seen: seen.flatMap { seen in
                seen.count == 3 ? .init(ok: Int(seen[0]), fail: Int(seen[1]), pushback: Int(seen[2])) : nil
            })
    }
}

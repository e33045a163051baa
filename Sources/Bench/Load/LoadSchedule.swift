/// Says which request is due when. What waits to be sent is not stored: it is what is due and has not been taken.
///
/// Times are nanoseconds from the start of the run.
struct LoadSchedule {
    struct Ticket: Equatable {
        var index: Int
        /// Latency counts from here.
        var due: Int
        var isMeasured: Bool
    }

    /// Requests of an open schedule fall due together, at multiples of this: to wake up for each costs more CPU than to
    /// send it (measured at 20,000 a second: 35 us each, against 14 in groups of ten).
    static let grain = 500_000

    /// Measuring begins.
    let warm: Int
    /// No request is due from here on.
    let end: Int
    private let perSecond: Double?
    private let limit: Int
    private var taken = 0
    private var takenMeasured = 0

    init(_ load: Load) {
        warm = load.warmUp.nanoseconds
        perSecond = if case .open(let rate) = load.pace { rate } else { nil }
        switch load.extent {
        case .duration(let duration):
            limit = .max
            end = warm + duration.nanoseconds
        case .count(let count, let within):
            limit = count
            end = warm + within.nanoseconds
        }
    }

    /// Nil in a closed schedule, where a request is due at any time, and when none is left.
    var nextDue: Int? {
        guard !isLimitReached, let due = gridDue, due < end else { return nil }
        return due
    }

    private var gridDue: Int? { perSecond.map { Int(Double(taken) * 1e9 / $0) / Self.grain * Self.grain } }

    var isLimitReached: Bool { takenMeasured >= limit }

    /// Nil when none is due. Past the end, an open schedule still gives what was due before it.
    mutating func take(now: Int) -> Ticket? {
        let due = gridDue ?? now
        guard !isLimitReached, due <= now, due < end else { return nil }
        let ticket = Ticket(index: taken, due: due, isMeasured: due >= warm)
        taken += 1
        if ticket.isMeasured { takenMeasured += 1 }
        return ticket
    }

    func isOver(now: Int) -> Bool {
        isLimitReached || now >= end && nextDue == nil
    }
}

extension Duration {
    /// Up to 292 years.
    var nanoseconds: Int { Int(components.seconds) * 1_000_000_000 + Int(components.attoseconds / 1_000_000_000) }
}

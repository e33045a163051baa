import Postgres

/// What happened between two looks, a second.
struct TopRates: Equatable {
    let accepted: Double
    let attempts: Double
    let dead: Double

    /// nil where no time has passed, or the server's statistics were reset in between.
    init?(from earlier: TopReading, to later: TopReading) {
        let seconds = Double((later.at - earlier.at).microseconds) / 1_000_000
        let (a, b) = (earlier.counts, later.counts)
        guard seconds > 0, b.accepted >= a.accepted, b.attempts >= a.attempts, b.dead >= a.dead else { return nil }
        accepted = Double(b.accepted - a.accepted) / seconds
        attempts = Double(b.attempts - a.attempts) / seconds
        dead = Double(b.dead - a.dead) / seconds
    }
}

import Postgres

/// When a request is to be delivered, and until when.
struct Schedule: Equatable {
    /// What waits keeps its day's partition from being dropped, so waiting has an end.
    static let farthest = Duration.seconds(90 * 86_400)

    /// nil: now.
    let dueAt: Timestamp?
    let expiresAt: Timestamp?

    /// - Parameters:
    ///   - deliverAt: RFC 3339; what has passed is due now, and does not overtake what waits already.
    ///   - refusal: makes the problem that is thrown, from what is wrong.
    init(deliverAt: String?, expiresAt: String?, now: Timestamp, refusal: (String) -> Problem) throws {
        let due = try deliverAt.map { text in
            guard let time = Timestamp(rfc3339: text) else { throw refusal("deliver_at is not a time of RFC 3339.") }
            guard time - now <= Self.farthest else { throw refusal("deliver_at is more than 90 days ahead.") }
            return time
        }
        let end = try expiresAt.map { text in
            guard let time = Timestamp(rfc3339: text) else { throw refusal("expires_at is not a time of RFC 3339.") }
            guard time > max(now, due ?? now) else { throw refusal("expires_at is not after now and deliver_at.") }
            return time
        }
        dueAt = due.flatMap { $0 > now ? $0 : nil }
        self.expiresAt = end
    }
}

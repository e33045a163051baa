/// How a migration waits for locks: for a short time, again and again, because whatever comes behind a lock that is
/// waited for waits too.
package struct LockPatience: Sendable {
    /// For one lock. An ingest that queues behind it bears 10 s by default; and an autovacuum in the way gives up after
    /// PostgreSQL's `deadlock_timeout`, which is a second.
    package var timeout = Duration.seconds(2)
    /// After the first try; doubles up to `maximumPause`. Traffic has at least as long as it was held up.
    package var pause = Duration.seconds(2)
    package var maximumPause = Duration.seconds(15)
    /// From the first try on. Who holds a lock for longer has to be dealt with by a person.
    package var total = Duration.seconds(300)

    package init() {}

    /// The wait before the next try; nil: there is none.
    ///
    /// - Parameter tries: that have failed, at least one.
    func pause(after tries: Int, elapsed: Duration) -> Duration? {
        let pause = min(maximumPause, pause * (1 << min(tries - 1, 10)))
        return elapsed + pause < total ? pause : nil
    }
}

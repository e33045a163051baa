import Model
import Testing

struct BackoffTests {
    static let backoff = Backoff(base: .seconds(1), cap: .seconds(60))

    /// Attempts made, and the wait without jitter.
    @Test(arguments: [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (31, 60), (100, 60), (32_767, 60)])
    func doublesUpToTheCap(_ attempts: Int, _ seconds: Int) {
        #expect(Self.backoff.delay(after: attempts, jitter: 0.5) == .seconds(seconds))
    }

    @Test(arguments: 1...12)
    func jitterTakesAFifthInEitherDirection(_ attempts: Int) {
        let full = Self.backoff.delay(after: attempts, jitter: 0.5)
        for jitter in stride(from: 0.0, to: 1, by: 0.01) {
            let delay = Self.backoff.delay(after: attempts, jitter: jitter)
            #expect(delay >= full * 0.8 && delay < full * 1.2)
        }
        #expect(Self.backoff.delay(after: attempts, jitter: 0) == full * 0.8)
    }

    /// What the destination asks for, and what it gets, where the back-off alone would wait a second.
    @Test(arguments: [(0, 1), (1, 1), (30, 30), (3_600, 3_600), (86_400, 3_600)])
    func retryAfterIsAFloor(_ asked: Int, _ granted: Int) {
        #expect(Self.backoff.delay(after: 1, floor: .seconds(asked), jitter: 0.5) == .seconds(granted))
    }

    @Test func aLongerBackoffBeatsRetryAfter() {
        #expect(Self.backoff.delay(after: 7, floor: .seconds(5), jitter: 0.5) == .seconds(60))
    }

    @Test func theLargestSettingsDoNotOverflow() {
        let backoff = Backoff(base: .seconds(3_600), cap: .seconds(86_400))
        for attempts in 1...100 { #expect(backoff.delay(after: attempts, jitter: 0.999) < .seconds(86_400) * 1.2) }
    }
}

import Tenants
import Testing

struct TokenBucketPureTests {
    @Test func givesItsSizeAtOnceAndThenItsRate() {
        var bucket = TokenBucket(rate: 10, size: 5, now: .zero)
        for left in (0..<5).reversed() {
            #expect(bucket.take(1, now: .zero) == nil)
            #expect(bucket.remaining == left)
        }
        #expect(bucket.take(1, now: .zero) == .milliseconds(100))
        #expect(bucket.take(1, now: .milliseconds(99)) != nil)
        #expect(bucket.take(1, now: .milliseconds(101)) == nil)
        #expect(bucket.take(1, now: .milliseconds(101)) != nil)
        // However long it was quiet, no more than its size.
        for _ in 0..<5 { #expect(bucket.take(1, now: .seconds(1_000)) == nil) }
        #expect(bucket.take(1, now: .seconds(1_000)) != nil)
    }

    @Test func whatIsMoreThanItsSizeIsOwed() {
        var bucket = TokenBucket(rate: 1, size: 10, now: .zero)
        #expect(bucket.take(25, now: .zero) == nil)
        #expect(bucket.remaining == 0 && bucket.untilFull == .seconds(25))
        #expect(bucket.take(1, now: .seconds(15)) == .seconds(1))
        #expect(bucket.take(1, now: .seconds(16)) == nil)
        #expect(bucket.take(25, now: .seconds(20)) != nil)
    }

    @Test func aRefusalTakesNothing() {
        var bucket = TokenBucket(rate: 1, size: 3, now: .zero)
        #expect(bucket.take(2, now: .zero) == nil)
        #expect(bucket.take(2, now: .zero) == .seconds(1))
        #expect(bucket.take(1, now: .zero) == nil)
    }

    @Test func timeThatGoesBackGivesNothing() {
        var bucket = TokenBucket(rate: 1, size: 1, now: .seconds(10))
        #expect(bucket.take(1, now: .seconds(10)) == nil)
        #expect(bucket.take(1, now: .zero) == .seconds(1))
        #expect(bucket.take(1, now: .seconds(11)) == nil)
    }

    @Test func aChangeKeepsWhatIsLeft() {
        var bucket = TokenBucket(rate: 1, size: 10, now: .zero)
        #expect(bucket.take(4, now: .zero) == nil)
        bucket.adjust(rate: 2, size: 20, now: .seconds(1))
        #expect(bucket.remaining == 7 && bucket.rate == 2)
        bucket.adjust(rate: 2, size: 3, now: .seconds(1))
        #expect(bucket.remaining == 3)
    }

    @Test(arguments: [0.001, 0.3, 1, 1_000_000])
    func overALongTimeItGivesItsRate(_ rate: Double) {
        var bucket = TokenBucket(rate: rate, size: 1, now: .zero)
        var (given, now) = (0, Duration.zero)
        for _ in 0..<1_000 {
            if let wait = bucket.take(1, now: now) { now += wait + .nanoseconds(10) } else { given += 1 }
        }
        let expected = 1 + rate * (now / .seconds(1))
        #expect(abs(Double(given) - expected) <= 1 + expected * 0.02)
    }
}

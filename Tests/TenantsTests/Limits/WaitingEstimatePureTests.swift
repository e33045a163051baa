import Tenants
import Testing

struct WaitingEstimatePureTests {
    /// As counted, at a time.
    private func estimate(_ count: Int64, at time: Duration = .zero, took: Duration = .zero) -> WaitingEstimate {
        var estimate = WaitingEstimate()
        #expect(estimate.beginCount(limit: 100, now: time - took) == true)
        estimate.endCount(count, now: time)
        return estimate
    }

    @Test func refusesWhatIsMoreThanTheLimit() {
        var estimate = estimate(90)
        #expect(estimate.take(10, limit: 100) == true)
        #expect(estimate.take(1, limit: 100) == false)
        #expect(estimate.value == 100)
        #expect(estimate.take(1, limit: 101) == true)
    }

    @Test func theFirstOnesAreNotHeldUp() {
        var estimate = WaitingEstimate()
        #expect(estimate.take(1_000, limit: 100) == true)
        #expect(estimate.beginCount(limit: 100, now: .zero) == true)
        #expect(estimate.beginCount(limit: 100, now: .seconds(60)) == false)
        estimate.endCount(100, now: .zero)
        #expect(estimate.take(1, limit: 100) == false)
    }

    /// What is stored during a count may be in it or not: it is added, so that the limit holds.
    @Test func whatIsStoredDuringACountIsAdded() {
        var estimate = estimate(0)
        #expect(estimate.take(50, limit: 100) == true)
        #expect(estimate.beginCount(limit: 100, now: .seconds(11)) == true)
        #expect(estimate.take(30, limit: 100) == true)
        estimate.endCount(60, now: .seconds(11))
        #expect(estimate.value == 90)
    }

    @Test(
        arguments: [
            (0, .zero, .seconds(9), false), (0, .zero, .seconds(10), true),
            // Near the limit it is looked at sooner, unless the count is dear.
            (80, .zero, .seconds(1), true), (80, .zero, .milliseconds(999), false),
            (80, .milliseconds(100), .milliseconds(1_999), false), (80, .milliseconds(100), .seconds(2), true),
            (0, .seconds(1), .seconds(19), false), (0, .seconds(1), .seconds(20), true),
        ] as [(Int64, Duration, Duration, Bool)])
    func isCountedAgainWhenItIsOld(_ count: Int64, _ took: Duration, _ age: Duration, _ isDue: Bool) {
        var estimate = estimate(count, at: .seconds(100), took: took)
        #expect(estimate.beginCount(limit: 100, now: .seconds(100) + age) == isDue)
    }

    @Test func aCountThatFailedChangesNothing() {
        var estimate = estimate(90)
        #expect(estimate.beginCount(limit: 100, now: .seconds(10)) == true)
        estimate.endCount(nil, now: .seconds(11))
        #expect(estimate.value == 90)
        #expect(estimate.beginCount(limit: 100, now: .seconds(11)) == true)
    }
}

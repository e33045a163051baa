import Model
import Tenants
import Testing

struct RetryPolicyPureTests {
    @Test func aScheduleIsKeptAndItsLastWaitRepeated() {
        var retry = RetryPolicy()
        retry.schedule = [.zero, .seconds(5), .seconds(60)]
        let waits = (1...5).map { retry.delay(after: $0, jitter: 0.9) }
        #expect(waits == [.zero, .seconds(5), .seconds(60), .seconds(60), .seconds(60)])
    }

    @Test func theDestinationMayAskForMoreButNotForEver() {
        var retry = RetryPolicy()
        retry.schedule = [.seconds(5)]
        #expect(retry.delay(after: 1, floor: .seconds(7), jitter: 0) == .seconds(7))
        #expect(retry.delay(after: 1, floor: .seconds(1), jitter: 0) == .seconds(5))
        #expect(retry.delay(after: 1, floor: .seconds(1 << 20), jitter: 0) == Backoff.maximumFloor)
    }

    @Test func withoutAScheduleTheBackoffApplies() {
        let retry = RetryPolicy()
        #expect(retry.delay(after: 2, jitter: 0.5) == retry.backoff.delay(after: 2, jitter: 0.5))
    }

    @Test func statuses() {
        var retry = RetryPolicy()
        retry.retriedStatuses = [404]
        retry.finalStatuses = [503]
        #expect(retry.isRetried(404) == true && retry.isRetried(503) == false && retry.isRetried(500) == nil)
    }
}

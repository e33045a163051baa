import Model
import Requests
import TestSupport
import Testing

struct OutcomeWaitersTests {
    private func wait(_ waiters: OutcomeWaiters, _ id: RequestID, upTo limit: Duration = .seconds(60)) async -> Duration
    {
        await ContinuousClock().measure { await waiters.wait(for: id, upTo: limit) }
    }

    @Test func hearsWhatCameBeforeItWaited() async {
        let (waiters, id) = (OutcomeWaiters(), RequestID.new())
        #expect(waiters.enter(id))
        waiters.hear("\(RequestID.new()),\(id)")
        #expect(await wait(waiters, id) < .seconds(10))
        // What was heard is heard once.
        #expect(await wait(waiters, id, upTo: .milliseconds(50)) >= .milliseconds(50))
    }

    @Test func isWoken() async {
        for wake in [
            { $0.hear("x,,\($1)") }, { waiters, _ in waiters.ringAll() }, { waiters, _ in waiters.end() },
            { $0.leave($1) },
        ] as [@Sendable (OutcomeWaiters, RequestID) -> Void] {
            let (waiters, id) = (OutcomeWaiters(), RequestID.new())
            #expect(waiters.enter(id))
            async let waited = wait(waiters, id)
            // Right in either order; this makes it most likely that the wait has begun, which is what is to be tried.
            try? await Task.sleep(for: .milliseconds(20))
            wake(waiters, id)
            let time = await waited
            #expect(time < .seconds(10))
        }
    }

    @Test func isWokenByItsTaskAndItsTime() async {
        let (waiters, id) = (OutcomeWaiters(), RequestID.new())
        #expect(waiters.enter(id))
        let task = Task { await wait(waiters, id) }
        task.cancel()
        #expect(await task.value < .seconds(10))
        #expect(await wait(waiters, id, upTo: .zero) < .seconds(10))
    }

    @Test func isBounded() async {
        let waiters = OutcomeWaiters(limit: 2)
        let ids = (0..<3).map { _ in RequestID.new() }
        #expect(ids.map { waiters.enter($0) } == [true, true, false])
        waiters.leave(ids[0])
        #expect(waiters.enter(ids[2]))
        #expect(waiters.count == 2)
        waiters.end()
        waiters.leave(ids[2])
        #expect(!waiters.enter(ids[0]))
    }
}

import Postgres
import Testing

extension Pure {
    @Suite(.timeLimit(.minutes(1))) struct BellTests {
        @Test func aRingBeforeTheWaitEndsIt() async {
            let bell = Bell()
            bell.ring()
            bell.ring()
            await bell.wait(upTo: .seconds(600))
        }

        @Test func aRingDuringTheWaitEndsIt() async {
            let bell = Bell()
            async let waited: Void = bell.wait(upTo: .seconds(600))
            bell.ring()
            await waited
        }

        /// A time that is over before the wait has begun must not be missed.
        @Test func aTimeThatIsOverEndsIt() async {
            let bell = Bell()
            for _ in 0..<10_000 { await bell.wait(upTo: .zero) }
            for _ in 0..<100 { await bell.wait(upTo: .microseconds(20)) }
        }

        @Test func cancellationEndsIt() async {
            let task = Task { await Bell().wait(upTo: .seconds(600)) }
            task.cancel()
            await task.value
        }
    }
}

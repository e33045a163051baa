import Circuits
import Model
import TestSupport
import Testing

@testable import Worker

/// What a worker does when most of what it tries fails.
struct CircuitWatchTests {
    private func key() -> CircuitKey { CircuitKey(shard: 1, tenant: .new(), destination: .new()) }

    @Test func aWorkerWhoseNetworkFailsJudgesNothing() {
        let watch = CircuitWatch(logger: quiet)
        for _ in 0..<20 {
            let key = key()
            for _ in 0..<3 { watch.note(CircuitSignal(.failure(.hard)), of: key, claimedIn: 1) }
        }
        #expect(!watch.trustsEgress)
        #expect(watch.takeFindings().isEmpty)
    }

    @Test func failuresAmongSuccessesAreJudged() {
        let watch = CircuitWatch(logger: quiet)
        for _ in 0..<30 { watch.note(CircuitSignal(.ok), of: key(), claimedIn: 1) }
        let failing = key()
        watch.note(CircuitSignal(.failure(.hard)), of: failing, claimedIn: 1)
        #expect(watch.trustsEgress)
        #expect(watch.takeFindings().map(\.key) == [failing])
        #expect(watch.takeFindings().isEmpty)
    }
}

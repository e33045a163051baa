import TestSupport
import Testing

@testable import API

@Suite struct MetricsTextTests {
    @Test func isWrittenOnceForAllWhoAskWithinASecond() async {
        let writings = Shared(0)
        let text = MetricsText {
            writings.update { $0 += 1 }
            return Array("\(writings.value)".utf8)
        }
        let now = ContinuousClock.now
        let first = await text.bytes(at: now)
        #expect(await text.bytes(at: now + .milliseconds(999)) == first)
        #expect(writings.value == 1)
        #expect(await text.bytes(at: now + .seconds(1)) != first)
        #expect(writings.value == 2)
    }
}

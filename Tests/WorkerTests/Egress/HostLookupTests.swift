import Dispatch
import Model
import TestSupport
import Testing

@testable import Worker

struct HostLookupTests {
    @Test func answersAreRemembered() async {
        let questions = Shared(0)
        let lookup = HostLookup { _ in
            questions.update { $0 += 1 }
            return [IPAddress("192.0.2.1")].compactMap(\.self)
        }
        for _ in 0..<3 { #expect(await lookup.addresses(of: "a", within: .seconds(5)).count == 1) }
        #expect(questions.value == 1)
    }

    @Test func aResolverThatHangsIsNotWaitedFor() async {
        let (release, isDone) = (DispatchSemaphore(value: 0), Shared(false))
        let lookup = HostLookup { _ in
            _ = release.wait(timeout: .now() + 60)
            isDone.update { $0 = true }
            return [IPAddress("192.0.2.1")].compactMap(\.self)
        }
        #expect(await lookup.addresses(of: "a", within: .milliseconds(20)).isEmpty)
        #expect(!isDone.value)
        release.signal()
    }

    @Test func theSystemsResolverTakesOldSpellings() {
        #expect(HostLookup.system("0x7f.1").map(\.description).contains("127.0.0.1"))
        #expect(HostLookup.system("no-such-name.invalid").isEmpty)
    }
}

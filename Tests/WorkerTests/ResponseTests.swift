import Model
import Requests
import Sink
import Tenants
import TestSupport
import Testing

@testable import Worker

/// What is kept of a response.
struct ResponseTests {
    @Test(arguments: [0, 1, 16_383, 16_384, 16_385, 900_000])
    func theFirstBytesOfTheBody(_ size: Int) async throws {
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let outcome = try await attempt(Reply(body: body))
        #expect(outcome.verdict == .delivered)
        #expect(outcome.responseBody == Array(body.prefix(16_384)))
    }

    /// It is cut off, not read on: the verdict comes long before the time-out.
    @Test func anEndlessBodyIsCutOff() async throws {
        let outcome = try await attempt(.endlessBody)
        #expect(outcome.verdict == .delivered)
        #expect(outcome.responseBody?.count == 16_384)
        #expect(outcome.latency < .seconds(10))
    }

    @Test func theHead() async throws {
        let outcome = try await attempt(Reply(status: 202, headers: [("X-B", "1"), ("x-a", "2"), ("X-B", "")]))
        #expect(outcome.responseHead?.hasPrefix("X-B: 1\nx-a: 2\nX-B: \n") == true)
        #expect(outcome.status == 202)
    }

    @Test func aLongHeadIsBounded() async throws {
        let headers = (0..<100).map { ("X-\($0)", String(repeating: "v", count: 200)) }
        let outcome = try await attempt(Reply(headers: headers))
        #expect(outcome.verdict == .delivered)
        let size = outcome.responseHead?.utf8.count ?? 0
        #expect(size > 4_096 && size <= ResponseCollector.keptHead)
    }

    private func attempt(_ reply: Reply) async throws -> Outcome {
        try await withSink(reply) { sink, _ in
            try await withDeliverer { await $0.deliver(.sample(), to: .to(sink.url)) }
        }
    }
}

import Foundation
import Instrumentation
import Testing
import Tracing

@testable import Telemetry

struct TracePureTests {
    private static let sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    private static let request = UUID(uuidString: "0193A1B2-C3D4-7567-89AB-CDEF01234567") ?? UUID()

    @Test(arguments: [
        sent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        // A later version may say more behind what is known.
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes",
    ])
    func readsWhatIsValid(_ text: String) throws {
        let context = try #require(TraceContext(traceparent: text))
        #expect(context.trace.description == "0af7651916cd43dd8448eb211c80319c")
        #expect(context.spanText == "b7ad6b7169203331")
        #expect(context.isSampled == text.dropFirst(53).hasPrefix("01"))
        if text.hasPrefix("00") { #expect(context.traceparent == text) }
    }

    @Test(arguments: [
        "", "00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c8031é-b7ad6b7169203331-01",
    ])
    func refusesWhatIsNot(_ text: String) { #expect(TraceContext(traceparent: text) == nil) }

    private func spans(_ traceparent: String?, ratio: Double = 1) -> [RecordedSpan.Record] {
        let buffer = SpanBuffer()
        let tracer = OTLPTracer(sampler: Sampler(ratio: ratio), buffer: buffer)
        // As two processes do, which share no more than what is stored.
        RequestTrace(request: Self.request, traceparent: traceparent).ingest(since: 1, by: tracer)?.end()
        for _ in 0..<2 { RequestTrace(request: Self.request, traceparent: traceparent).delivery(by: tracer)?.end() }
        return buffer.take(10)
    }

    @Test func attemptsAreChildrenOfTheIngest() {
        let spans = spans(Self.sent)
        #expect(spans.map(\.name) == ["ingest", "deliver", "deliver"])
        #expect(Set(spans.map(\.context.trace.description)) == ["0af7651916cd43dd8448eb211c80319c"])
        #expect(spans[0].parent.map { String($0, radix: 16) } == "b7ad6b7169203331")
        #expect(spans[0].context.spanText == "89abcdef01234567")
        #expect(spans[1].parent == spans[0].context.span && spans[2].parent == spans[0].context.span)
        #expect(Set(spans.map(\.context.span)).count == 3)
    }

    @Test func aTraceThatBeginsHereHasTheRequestsID() {
        let spans = spans(nil)
        #expect(Set(spans.map(\.context.trace.description)) == ["0193a1b2c3d4756789abcdef01234567"])
        #expect(spans[0].parent == nil)
        #expect(spans.count == 3)
    }

    @Test func whoSentItDecides() {
        #expect(spans(Self.sent.dropLast() + "0").isEmpty)
        #expect(spans(Self.sent, ratio: 0).count == 3)
        #expect(spans(nil, ratio: 0).isEmpty)
        #expect(spans("nonsense").count == 3)
    }

    @Test func aPortionOfNewTracesIsRecorded() {
        let sampler = Sampler(ratio: 0.25)
        var random = SystemRandomNumberGenerator()
        let sampled = (0..<10_000).count { _ in
            sampler.samples(.init(high: random.next(), low: random.next()), sender: nil)
        }
        // Ten standard deviations to either side.
        #expect(2_000...3_000 ~= sampled)
    }

    @Test func theBufferIsBounded() {
        let buffer = SpanBuffer()
        let tracer = OTLPTracer(sampler: Sampler(ratio: 1), buffer: buffer)
        for _ in 0..<SpanBuffer.limit + 10 { tracer.startSpan("s").end() }
        #expect(buffer.take(.max).count == SpanBuffer.limit)
        #expect(buffer.take(.max).isEmpty)
    }

    @Test func aSpanEndsOnce() {
        let buffer = SpanBuffer()
        let span = OTLPTracer(sampler: Sampler(ratio: 1), buffer: buffer).startSpan("s")
        span.end()
        span.end()
        #expect(buffer.take(10).count == 1)
    }

    @Test func childrenFollowTheContext() {
        let buffer = SpanBuffer()
        let tracer = OTLPTracer(sampler: Sampler(ratio: 1), buffer: buffer)
        tracer.withSpan("outer") { _ in tracer.withSpan("inner") { _ in } }
        let spans = buffer.take(10)
        #expect(spans.map(\.name) == ["inner", "outer"])
        #expect(spans[0].parent == spans[1].context.span)
        #expect(spans[0].context.trace == spans[1].context.trace)
    }
}

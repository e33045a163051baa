import Foundation
import Logging
import ServiceLifecycle
import TestSupport
import Testing
import Tracing

@testable import Telemetry

struct SpanExporterTests {
    private struct Document: Decodable {
        struct Value: Decodable, Equatable {
            var stringValue: String?
            var intValue: String?
        }
        struct Attribute: Decodable {
            let key: String
            let value: Value
        }
        struct Span: Decodable {
            struct Status: Decodable { let code: Int }
            let traceId, spanId, name, startTimeUnixNano, endTimeUnixNano: String
            let kind: Int
            let attributes: [Attribute]
            let status: Status?
        }
        struct Scope: Decodable { let spans: [Span] }
        struct Resource: Decodable { let attributes: [Attribute] }
        struct Part: Decodable {
            let resource: Resource
            let scopeSpans: [Scope]
        }
        let resourceSpans: [Part]
    }

    /// Runs an exporter over two spans, whose collector answers so.
    private func export(_ answers: [Int]) async throws -> [[UInt8]] {
        let buffer = SpanBuffer()
        let tracer = OTLPTracer(sampler: Sampler(ratio: 1), buffer: buffer)
        let span = tracer.startSpan("deliver", ofKind: .client)
        span.attributes["http.response.status_code"] = 503
        span.attributes["sluice.destination"] = "billing"
        span.setStatus(SpanStatus(code: .error, message: "unavailable"))
        span.end()
        tracer.startSpan("ingest", ofKind: .server).end()
        let posted = Shared<[[UInt8]]>([])
        let exporter = SpanExporter(
            buffer, resource: [("service.name", "sluice")],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { document in
            posted.update { $0.append(document) }
            return answers[min(posted.value.count, answers.count) - 1]
        }
        let running = Task { try await exporter.run() }
        try await eventually { posted.value.count >= answers.count }
        running.cancel()
        try await running.value
        return posted.value
    }

    @Test func postsWhatOTLPSays() async throws {
        let posted = try await export([200])
        #expect(posted.count == 1)
        let document = try JSONDecoder().decode(Document.self, from: Data(posted[0]))
        let part = try #require(document.resourceSpans.first)
        #expect(part.resource.attributes.first?.value.stringValue == "sluice")
        let spans = part.scopeSpans.flatMap(\.spans)
        #expect(spans.map(\.name) == ["deliver", "ingest"])
        #expect(spans.map(\.kind) == [3, 2])
        let span = try #require(spans.first)
        #expect(span.traceId.count == 32 && span.spanId.count == 16)
        #expect((UInt64(span.startTimeUnixNano) ?? .max) <= (UInt64(span.endTimeUnixNano) ?? 0))
        #expect(span.attributes.first { $0.key == "http.response.status_code" }?.value.intValue == "503")
        #expect(span.attributes.first { $0.key == "sluice.destination" }?.value.stringValue == "billing")
        #expect(span.status?.code == 2)
    }

    @Test func triesOnceMoreWhereTheCollectorIsBusy() async throws {
        let posted = try await export([503, 200])
        #expect(posted.count == 2)
        #expect(posted[0] == posted[1])
    }

    @Test func dropsWhatIsRefused() async throws {
        #expect(try await export([400]).count == 1)
    }

    /// The last spans are those of the last deliveries: what is being sent goes on, and what has ended since follows.
    @Test(.timeLimit(.minutes(1))) func aShutdownLosesNothing() async throws {
        let buffer = SpanBuffer()
        let tracer = OTLPTracer(sampler: Sampler(ratio: 1), buffer: buffer)
        let (begun, isStopping, posted) = (Shared(0), Shared(false), Shared<[String]>([]))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let exporter = SpanExporter(buffer, resource: [], logger: logger) { document in
            begun.update { $0 += 1 }
            // Under way when the shutdown begins; as a client does, it gives up when it is cancelled.
            try await eventually { isStopping.value }
            let parts = try JSONDecoder().decode(Document.self, from: Data(document)).resourceSpans
            posted.update { $0 += parts.flatMap(\.scopeSpans).flatMap(\.spans).map(\.name) }
            return 200
        }
        let group = ServiceGroup(services: [exporter], logger: logger)
        let running = Task { try await group.run() }
        tracer.startSpan("first", ofKind: .client).end()
        try await eventually { begun.value > 0 }
        tracer.startSpan("last", ofKind: .client).end()
        await group.triggerGracefulShutdown()
        isStopping.update { $0 = true }
        try await running.value
        #expect(posted.value == ["first", "last"])
    }
}

import Foundation
import Instrumentation
import Logging
import TestSupport
import Testing
import Tracing

@testable import Telemetry

struct JSONLogHandlerTests {
    private func lines(_ log: (Logger) -> Void) throws -> [[String: Any]] {
        let written = Shared<[UInt8]>([])
        var logger = Logger(label: "test") { _ in
            JSONLogHandler(metadataProvider: .trace) { line in written.update { $0 += line } }
        }
        logger.logLevel = .info
        logger[metadataKey: "process"] = "7"
        log(logger)
        #expect(written.value.isEmpty || written.value.last == UInt8(ascii: "\n"))
        return try written.value.split(separator: UInt8(ascii: "\n")).map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        }
    }

    @Test func aLineIsAnObject() throws {
        let lines = try lines { logger in
            logger.notice(
                "first \"line\"\nand second", metadata: ["request_id": "r", "level": "forged", "list": ["a", "b"]])
            logger.debug("not this")
        }
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(line["message"] as? String == "first \"line\"\nand second")
        #expect(line["level"] as? String == "notice")
        #expect(line["request_id"] as? String == "r")
        #expect(line["process"] as? String == "7")
        #expect(line["list"] as? [String] == ["a", "b"])
        let time = try #require(line["time"] as? String)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(time)")
    }

    @Test func saysWhichSpanIsUnderWay() throws {
        let tracer = OTLPTracer(sampler: Sampler(ratio: 1), buffer: SpanBuffer())
        var trace: TraceContext?
        let lines = try lines { logger in
            tracer.withSpan("s") { span in
                trace = span.context.trace
                logger.notice("inside")
            }
            logger.notice("outside")
        }
        #expect(lines[0]["trace_id"] as? String == trace?.trace.description)
        #expect(lines[0]["span_id"] as? String == trace?.spanText)
        #expect(lines[1]["trace_id"] == nil)
    }
}

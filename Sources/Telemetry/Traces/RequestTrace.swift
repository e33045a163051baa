package import FoundationEssentials
import Instrumentation
package import Tracing

/// The trace of a stored request. Nothing is stored for it: the request's id says what must be known again when it is
/// delivered. Its last eight bytes, of which 62 bits are random, are the id of the span in which it was taken on; and where
/// its sender had no trace, the whole of it is the trace's id.
package struct RequestTrace: Sendable {
    /// Whether anything is recorded at all. Cheap: the hot path asks before it looks for headers.
    package static var isOn: Bool { !(InstrumentationSystem.tracer is NoOpTracer) }

    /// Of whoever sent the request; nil: nobody, or somebody without a trace.
    private let sender: TraceContext?
    private let request: TraceContext.TraceID

    package init(request: UUID, traceparent: (some StringProtocol)?) {
        sender = traceparent.flatMap { TraceContext(traceparent: $0) }
        self.request = withUnsafeBytes(of: request.uuid) { bytes in
            TraceContext.TraceID(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    /// The span in which the request is taken on; nil where it is not recorded.
    ///
    /// - Parameter start: when that began, in Unix milliseconds.
    package func ingest(since start: UInt64, by tracer: any Tracer = InstrumentationSystem.tracer) -> (any Span)? {
        let now = DefaultTracerClock.now
        let start = DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: start &* 1_000_000)
        return span(
            "ingest", .server, Origin(request: request, sender: sender, isDelivery: false), tracer, at: min(start, now))
    }

    /// The span of one attempt, a child of the one above; nil where it is not recorded.
    package func delivery(by tracer: any Tracer = InstrumentationSystem.tracer) -> (any Span)? {
        span(
            "deliver", .client, Origin(request: request, sender: sender, isDelivery: true), tracer,
            at: DefaultTracerClock.now)
    }

    private func span(
        _ name: String, _ kind: SpanKind, _ origin: Origin, _ tracer: any Tracer, at start: DefaultTracerClock.Timestamp
    ) -> (any Span)? {
        var context = InstrumentationContext.topLevel
        context[Origin.self] = origin
        let span: any Span = tracer.startSpan(name, context: context, ofKind: kind, at: start)
        return span.isRecording ? span : nil
    }

    /// From what a tracer makes the ids of a request's spans.
    struct Origin: Sendable, InstrumentationContextKey {
        typealias Value = Origin

        let request: TraceContext.TraceID
        let sender: TraceContext?
        let isDelivery: Bool

        var ingestSpan: UInt64 { request.low }
    }
}

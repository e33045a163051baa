package import Instrumentation
import Synchronization
package import Tracing

/// A span under way; when it ends it goes to its buffer.
package final class RecordedSpan: Span {
    struct Record: Sendable {
        let context: TraceContext
        /// nil: it is the first of its trace.
        let parent: UInt64?
        let kind: SpanKind
        let start: UInt64
        var name: String
        var attributes = SpanAttributes()
        var status: SpanStatus?
        var events: [SpanEvent] = []
        var links: [SpanLink] = []
        var end: UInt64?
    }

    /// What one span may have of events and of links; further ones are left out.
    private static let partLimit = 16

    package let context: InstrumentationContext
    package let isRecording: Bool
    private let record: Mutex<Record>
    private let buffer: SpanBuffer

    init(_ record: Record, context: InstrumentationContext, buffer: SpanBuffer) {
        var context = context
        context[TraceContext.self] = record.context
        self.context = context
        isRecording = record.context.isSampled
        self.record = Mutex(record)
        self.buffer = buffer
    }

    package var operationName: String {
        get { record.withLock { $0.name } }
        set { record.withLock { $0.name = newValue } }
    }

    package var attributes: SpanAttributes {
        get { record.withLock { $0.attributes } }
        set { record.withLock { $0.attributes = newValue } }
    }

    package func setStatus(_ status: SpanStatus) { record.withLock { $0.status = status } }

    package func addEvent(_ event: SpanEvent) {
        record.withLock { if $0.events.count < Self.partLimit { $0.events.append(event) } }
    }

    package func addLink(_ link: SpanLink) {
        record.withLock { if $0.links.count < Self.partLimit { $0.links.append(link) } }
    }

    /// Errors are told by their types: their texts may have what is secret.
    package func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        var attributes = attributes
        attributes["exception.type"] = String(reflecting: type(of: error))
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    /// The first end counts.
    package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let now = instant().nanosecondsSinceEpoch
        let ended = record.withLock { record -> Record? in
            guard record.end == nil else { return nil }
            record.end = now
            return record
        }
        if isRecording, let ended { buffer.add(ended) }
    }
}

extension TraceContext: InstrumentationContextKey {
    package typealias Value = TraceContext
    package static var nameOverride: String? { "traceparent" }
}

extension InstrumentationContext {
    /// Of the span that is under way.
    package var trace: TraceContext? { self[TraceContext.self] }
}

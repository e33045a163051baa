package import Instrumentation
package import Tracing

/// Records spans for export by OTLP: a backend of swift-distributed-tracing.
package struct OTLPTracer: Tracer {
    private let sampler: Sampler
    private let buffer: SpanBuffer

    package init(sampler: Sampler, buffer: SpanBuffer) {
        self.sampler = sampler
        self.buffer = buffer
    }

    package func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> RecordedSpan {
        let context = context()
        let (place, parent) = place(in: context)
        return RecordedSpan(
            .init(
                context: place, parent: parent, kind: kind, start: instant().nanosecondsSinceEpoch,
                name: operationName),
            context: context, buffer: buffer)
    }

    private func place(in context: InstrumentationContext) -> (TraceContext, parent: UInt64?) {
        guard let origin = context[RequestTrace.Origin.self] else {
            let parent = context.trace
            let trace = parent?.trace ?? .init(high: .random(in: 1 ... .max), low: .random(in: 1 ... .max))
            return (place(trace, span: .random(in: 1 ... .max), sender: parent), parent?.span)
        }
        let trace = origin.sender?.trace ?? origin.request
        return origin.isDelivery
            ? (place(trace, span: .random(in: 1 ... .max), sender: origin.sender), origin.ingestSpan)
            : (place(trace, span: origin.ingestSpan, sender: origin.sender), origin.sender?.span)
    }

    private func place(_ trace: TraceContext.TraceID, span: UInt64, sender: TraceContext?) -> TraceContext {
        TraceContext(trace: trace, span: span, isSampled: sampler.samples(trace, sender: sender))
    }

    package func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let trace = context.trace else { return }
        injector.inject(trace.traceparent, forKey: "traceparent", into: &carrier)
    }

    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let text = extractor.extract(key: "traceparent", from: carrier) else { return }
        context[TraceContext.self] = TraceContext(traceparent: text)
    }

    @available(*, deprecated)
    package func forceFlush() {}

    @available(*, deprecated)
    package func startAnySpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> any Span {
        startSpan(
            operationName, context: context(), ofKind: kind, at: instant(), function: function, file: fileID, line: line
        )
    }
}

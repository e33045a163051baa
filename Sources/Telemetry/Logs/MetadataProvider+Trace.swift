import Instrumentation
package import Logging

extension Logger.MetadataProvider {
    /// `trace_id` and `span_id` of the span that is under way.
    package static let trace = Logger.MetadataProvider {
        guard let trace = InstrumentationContext.current?.trace else { return [:] }
        return ["trace_id": "\(trace.trace)", "span_id": "\(trace.spanText)"]
    }
}

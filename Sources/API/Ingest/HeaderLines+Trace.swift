import HTTPTypes
import Model
import Telemetry

extension HeaderLines {
    /// With the trace of the call that brought them, where they have none of their own (W3C Trace Context).
    func continuing(_ call: HTTPFields) -> HeaderLines {
        guard let parent = call[.traceparent], TraceContext(traceparent: parent) != nil, first("traceparent") == nil
        else {
            return self
        }
        var lines = self
        lines.append("traceparent", parent)
        if let state = call[.tracestate], !state.isLossy { lines.append("tracestate", state) }
        return lines
    }
}

extension HTTPField.Name {
    fileprivate static let traceparent = known("traceparent")
    fileprivate static let tracestate = known("tracestate")
}

import Instrumentation
import Model
import Requests
import Telemetry
import Tenants
import Tracing

/// The span of one attempt. It tells the destination's host, and neither path nor query: either may have a secret.
struct DeliverySpan: Sendable {
    private let span: any Span

    /// nil where the request's trace is not recorded.
    init?(_ delivery: Delivery, to settings: DestinationSettings) {
        guard RequestTrace.isOn else { return nil }
        let trace = RequestTrace(request: delivery.request.uuid, traceparent: delivery.headers.first("traceparent"))
        guard let span = trace.delivery() else { return nil }
        span.attributes["http.request.method"] = delivery.method
        span.attributes["server.address"] = Self.host(settings.baseURL)
        span.attributes["sluice.request_id"] = delivery.request.description
        span.attributes["sluice.tenant"] = delivery.tenant.description
        span.attributes["sluice.destination"] = settings.name
        span.attributes["sluice.attempt"] = Int(delivery.attempt)
        self.span = span
    }

    var context: InstrumentationContext { span.context }

    /// For the destination, so that its spans are children of this one.
    var traceparent: String? { span.context.trace?.traceparent }

    func end(_ outcome: Outcome) {
        if let status = outcome.status { span.attributes["http.response.status_code"] = Int(status) }
        span.attributes["sluice.verdict"] = outcome.verdict.rawValue
        if outcome.attemptClass != .delivered {
            span.attributes["error.type"] = outcome.attemptClass.rawValue
            span.setStatus(SpanStatus(code: .error, message: outcome.attemptClass.rawValue))
        }
        span.end()
    }

    /// Of a URL: what stands between the slashes and a port, without a user.
    private static func host(_ url: String) -> String {
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let authority = url[start...].prefix { !"/?#".contains($0) }
        let host = authority.lastIndex(of: "@").map { authority[$0...].dropFirst() } ?? authority
        if host.first == "[" { return String(host.prefix { $0 != "]" }.dropFirst()) }
        return String(host.prefix { $0 != ":" })
    }
}

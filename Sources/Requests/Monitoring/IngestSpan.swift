import Model
import Postgres
import Telemetry
import Tracing

/// The span in which a request is taken on: from its head to its commit.
struct IngestSpan: Sendable {
    private let span: any Span

    /// nil where its trace is not recorded.
    init?(_ request: NewRequest) {
        guard RequestTrace.isOn else { return nil }
        let trace = RequestTrace(request: request.id.uuid, traceparent: request.headers.first("traceparent"))
        guard let span = trace.ingest(since: request.id.uuid.milliseconds) else { return nil }
        span.attributes["http.request.method"] = request.method
        span.attributes["sluice.request_id"] = request.id.description
        span.attributes["sluice.tenant"] = request.tenant.description
        span.attributes["sluice.deliveries"] = request.addressee.lanes.count
        self.span = span
    }

    func end(_ outcome: Result<StoreOutcome, any Error>) {
        switch outcome {
        case .success(.stored): span.attributes["sluice.outcome"] = "stored"
        case .success(.replayed): span.attributes["sluice.outcome"] = "replayed"
        case .success(.conflict): span.attributes["sluice.outcome"] = "conflict"
        case .failure(let error):
            let kind = (error as? PostgresError).map { "\($0.code)" } ?? "other"
            span.attributes["error.type"] = kind
            span.setStatus(SpanStatus(code: .error, message: kind))
        }
        span.end()
    }
}

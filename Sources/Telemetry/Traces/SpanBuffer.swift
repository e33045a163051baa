import CoreMetrics
import Synchronization

/// Spans that have ended and wait to be exported. Bounded: what comes beyond the limit is dropped and counted, so that a
/// collector that is away costs no memory and delays nobody.
package final class SpanBuffer: Sendable {
    /// About half a minute of 100 spans a second, or 4 MB.
    static let limit = 4_096

    private let spans = Mutex([RecordedSpan.Record]())
    private let dropped = Counter(.spansDropped, "full")

    package init() {}

    func add(_ span: RecordedSpan.Record) {
        let hasRoom = spans.withLock { spans in
            guard spans.count < Self.limit else { return false }
            spans.append(span)
            return true
        }
        if !hasRoom { dropped.increment() }
    }

    /// The oldest, at most so many.
    func take(_ count: Int) -> [RecordedSpan.Record] {
        spans.withLock { spans in
            let taken = Array(spans.prefix(count))
            spans.removeFirst(taken.count)
            return taken
        }
    }
}

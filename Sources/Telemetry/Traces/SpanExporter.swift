import CoreMetrics
package import Logging
import ServiceLifecycle

/// Sends spans to a collector, in batches. A batch that it does not take is dropped and counted, but for one more try
/// where the collector is busy or away.
package struct SpanExporter: Service {
    /// Posts an OTLP document; returns the status of the answer.
    package typealias Post = @Sendable ([UInt8]) async throws -> Int

    /// A person who looks for a trace waits this long.
    static let interval = Duration.seconds(1)
    /// A document of some 400 KB.
    static let batch = 512
    /// Batches of one turn: the buffer holds no more.
    private static let batches = SpanBuffer.limit / batch
    /// Within which a stopping process sends what it has: for a collector that answers, many times what it takes, and a part
    /// of the time that supervisors leave between a signal and a kill.
    static let lastDeadline = Duration.seconds(3)
    /// Before the second try: a collector that sheds load, or is replaced, needs a moment; the next batch waits meanwhile.
    private static let retryPause = Duration.milliseconds(200)

    private let buffer: SpanBuffer
    private let resource: [(name: String, value: String)]
    private let post: Post
    private let logger: Logger
    private let exported = Counter(.spansExported)
    private let refused = Counter(.spansDropped, "refused")

    /// - Parameter resource: attributes that say which process this is.
    package init(
        _ buffer: SpanBuffer, resource: [(name: String, value: String)], logger: Logger, post: @escaping Post
    ) {
        self.buffer = buffer
        self.resource = resource
        self.post = post
        self.logger = logger
    }

    package func run() async throws {
        // A task of its own: what ends this one must not end what is being sent before the deadline.
        let exporting = Task { await exportInTurns() }
        try? await gracefulShutdown()
        await withTaskGroup { group in
            group.addTask { await exporting.value }
            group.addTask { try? await Task.sleep(for: Self.lastDeadline) }
            await group.next()
            exporting.cancel()
            group.cancelAll()
        }
    }

    /// Until a shutdown begins, and once more.
    private func exportInTurns() async {
        while await pause() { await export() }
        await export()
    }

    /// false: a shutdown has begun.
    private func pause() async -> Bool {
        await cancelWhenGracefulShutdown { (try? await Task.sleep(for: Self.interval)) != nil }
    }

    /// When it is cancelled, the batch that is under way is lost, and the others stay.
    private func export() async {
        for _ in 0..<Self.batches where !Task.isCancelled {
            let spans = buffer.take(Self.batch)
            if spans.isEmpty { return }
            await send(OTLPDocument(spans, of: resource).bytes, count: spans.count)
        }
    }

    private func send(_ document: [UInt8], count: Int) async {
        var reason = ""
        for isLast in [false, true] {
            do {
                let status = try await post(document)
                if 200..<300 ~= status { return exported.increment(by: count) }
                reason = "it answered \(status)"
                // What else it refuses it would refuse again.
                guard [429, 502, 503, 504].contains(status) else { break }
            } catch {
                reason = "\(error)"
            }
            if !isLast { try? await Task.sleep(for: Self.retryPause) }
        }
        refused.increment(by: count)
        logger.warning(
            "the collector of traces took no spans", metadata: ["spans": "\(count)", "error": "\(reason)"])
    }
}

import NIOCore
import Synchronization

/// The text of the metrics, written once for all who ask within a second: whoever reaches the address may ask, and to write
/// it takes up to 20 ms of a processor.
final class MetricsText: Sendable {
    static let lifetime = Duration.seconds(1)

    private struct Written {
        let at: ContinuousClock.Instant
        let text: Task<ByteBuffer, Never>
    }

    private let write: @Sendable () -> [UInt8]
    private let last = Mutex<Written?>(nil)

    init(_ write: @escaping @Sendable () -> [UInt8]) { self.write = write }

    func bytes(at now: ContinuousClock.Instant = .now) async -> ByteBuffer {
        let text = last.withLock { last in
            if let last, now - last.at < Self.lifetime { return last.text }
            // Off the event loops: it takes milliseconds, and reads files.
            let text = Task.detached { [write] in ByteBuffer(bytes: write()) }
            last = Written(at: now, text: text)
            return text
        }
        return await text.value
    }
}

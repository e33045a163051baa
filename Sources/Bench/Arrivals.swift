import Postgres
import Synchronization

/// What the sink saw, by the stamp of each body: 20 digits of microseconds of this process's continuous clock.
final class Arrivals: Sendable {
    private static let origin = ContinuousClock.now
    private let state = Mutex(Histogram())

    static func stamp() -> [UInt8] {
        let digits = String((ContinuousClock.now - origin).microseconds)
        return Array((String(repeating: "0", count: 20 - digits.count) + digits).utf8)
    }

    func record(_ body: [UInt8]) {
        guard let sent = Int64(String(decoding: body.prefix(20), as: UTF8.self)) else { return }
        let now = (ContinuousClock.now - Self.origin).microseconds
        state.withLock { $0.record(microseconds: Int(now - sent)) }
    }

    func reset() { state.withLock { $0 = Histogram() } }

    var histogram: Histogram { state.withLock { $0 } }

    /// Returns when nothing has arrived for a second.
    func settle() async throws {
        var last = -1
        while histogram.count != last {
            last = histogram.count
            try await Task.sleep(for: .seconds(1))
        }
    }
}

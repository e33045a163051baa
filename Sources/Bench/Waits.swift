import Synchronization

/// How long accepted requests wait: from a 202 to the arrival at the sink, both seen by this process. Each is known by a
/// number, the first 20 digits of its body. One that arrives before its answer has not waited.
final class Waits: Sendable {
    private struct State {
        /// Accepted, and on the way.
        var accepted: [Int: ContinuousClock.Instant] = [:]
        /// Arrived, and not answered yet.
        var arrived: Set<Int> = []
        var histogram = Histogram()
        /// How many have been accepted and have arrived, by tenant.
        var counts: [Int]

        mutating func record(_ number: Int, _ wait: Duration) {
            histogram.record(wait)
            counts[number % counts.count] += 1
        }
    }

    private let state: Mutex<State>

    /// Request n is of the tenant n modulo `tenants`.
    init(tenants: Int) { state = Mutex(State(counts: [Int](repeating: 0, count: tenants))) }

    static func stamp(_ number: Int) -> [UInt8] {
        let digits = String(number)
        return Array((String(repeating: "0", count: 20 - digits.count) + digits).utf8)
    }

    func accept(_ number: Int) {
        state.withLock { state in
            if state.arrived.remove(number) != nil {
                state.record(number, .zero)
            } else {
                state.accepted[number] = ContinuousClock.now
            }
        }
    }

    func arrive(_ body: [UInt8]) {
        guard let number = Int(String(decoding: body.prefix(20), as: UTF8.self)) else { return }
        state.withLock { state in
            if let accepted = state.accepted.removeValue(forKey: number) {
                state.record(number, ContinuousClock.now - accepted)
            } else {
                _ = state.arrived.insert(number)
            }
        }
    }

    func reset() {
        state.withLock { state in state = State(counts: state.counts.map { _ in 0 }) }
    }

    var histogram: Histogram { state.withLock { $0.histogram } }

    var counts: [Int] { state.withLock { $0.counts } }

    /// How many are accepted, and on the way.
    var underway: Int { state.withLock { $0.accepted.count } }
}

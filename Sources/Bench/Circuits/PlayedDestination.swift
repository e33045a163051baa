import Postgres
import Sink
import Synchronization

/// A destination that is up or down, answers after a fixed time, and remembers when it was called.
final class PlayedDestination: Sendable {
    private struct State {
        var isUp: Bool
        var calls: [Timestamp] = []
        /// Up to how many calls of the last `delay` there were, in each slot of time.
        var underWay: [Int64: Int] = [:]
        /// Index of the first call of the last `delay`.
        var first = 0
    }

    static let slot = Duration.milliseconds(20)

    private let delay: Duration
    private let state: Mutex<State>

    init(isUp: Bool, delay: Duration = .zero) {
        self.delay = delay
        state = Mutex(State(isUp: isUp))
    }

    func start() async throws -> Sink { try await Sink.start { [self] _ in answer() } }

    func set(isUp: Bool) { state.withLock { $0.isUp = isUp } }

    var calls: [Timestamp] { state.withLock { $0.calls } }

    /// By slot; what the sink can't have answered yet is under way.
    var underWay: [Int64: Int] { state.withLock { $0.underWay } }

    private func answer() -> Reply {
        let now = Timestamp.now
        let isUp = state.withLock { state in
            state.calls.append(now)
            while now - state.calls[state.first] >= delay, state.first < state.calls.count - 1 { state.first += 1 }
            state.underWay[now.slot, default: 0] = max(
                state.underWay[now.slot] ?? 0, state.calls.count - state.first)
            return state.isUp
        }
        return Reply(status: isUp ? 200 : 503, delay: delay)
    }
}

extension Timestamp {
    /// The number of its slot of `PlayedDestination.slot`.
    var slot: Int64 { microseconds / PlayedDestination.slot.microseconds }
}

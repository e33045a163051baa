import FoundationEssentials
import Synchronization

/// How long it takes from a NOTIFY to its arrival, measured by notifications that a process sends to itself, on a channel
/// of its own, so that nobody else wakes up for them.
package final class ListenerEcho: Sendable {
    private struct State {
        var number = 0
        var sentAt: ContinuousClock.Instant?
        var lag: Duration?
    }

    /// To be listened to.
    package let channel = "sluice_echo_" + UUID().uuidString.lowercased().replacing("-", with: "")
    private let state = Mutex(State())

    package init() {}

    /// A call goes out now; returns what it says. One that was not heard stays the one to wait for.
    func call(at now: ContinuousClock.Instant) -> String {
        state.withLock { state in
            if state.sentAt == nil {
                state.number += 1
                state.sentAt = now
            }
            return "\(state.number)"
        }
    }

    /// - Parameter payload: of a notification on the channel.
    package func hear(_ payload: String, at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            guard payload == "\(state.number)", let sentAt = state.sentAt else { return }
            state.lag = now - sentAt
            state.sentAt = nil
        }
    }

    /// The last that was measured, or for how long nothing has been heard; nil: nothing is known yet.
    func lag(at now: ContinuousClock.Instant) -> Duration? {
        state.withLock { state in
            guard let sentAt = state.sentAt else { return state.lag }
            return max(now - sentAt, state.lag ?? .zero)
        }
    }
}

import Synchronization

/// Wakes one loop. Rings coalesce: many of them while the loop is busy wake it once.
package final class Bell: Sendable {
    private enum State {
        case quiet, rung
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.quiet)

    package init() {}

    package func ring() { wake(remember: true) }

    /// Returns when the bell rings, or has rung since the last wait, when the time is over, or when the task is
    /// cancelled. It may return early; the caller looks for itself. One task at a time may wait.
    package func wait(upTo limit: Duration) async {
        let timer = Task {
            try await Task.sleep(for: limit)
            wake(remember: false)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isRung = state.withLock { state in
                    if case .rung = state {
                        state = .quiet
                        return true
                    }
                    state = .awaited(continuation)
                    return false
                }
                if isRung || Task.isCancelled { wake(remember: false, orResume: isRung ? continuation : nil) }
            }
        } onCancel: {
            wake(remember: false)
        }
        timer.cancel()
    }

    private func wake(remember: Bool, orResume own: CheckedContinuation<Void, Never>? = nil) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            switch state {
            case .awaited(let continuation):
                state = .quiet
                return continuation
            case .quiet, .rung:
                if remember { state = .rung }
                return nil
            }
        }
        (own ?? waiter)?.resume()
    }
}

import Synchronization

/// Wakes one loop. Rings coalesce: many of them while the loop is busy wake it once.
package final class Bell: Sendable {
    private enum State {
        case quiet, rung
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.quiet)

    package init() {}

    package func ring() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if case .awaited(let continuation) = state {
                state = .quiet
                return continuation
            }
            state = .rung
            return nil
        }
        waiter?.resume()
    }

    /// Returns when the bell rings, or has rung since the last wait, when the time is over, or when the task is
    /// cancelled. It may return early, for the time of an earlier wait may ring late: the caller looks for itself. One
    /// task at a time may wait.
    package func wait(upTo limit: Duration) async {
        let timer = Task {
            try await Task.sleep(for: limit)
            ring()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustGoOn = state.withLock { state in
                    if case .rung = state {
                        state = .quiet
                        return true
                    }
                    if Task.isCancelled { return true }
                    state = .awaited(continuation)
                    return false
                }
                if mustGoOn { continuation.resume() }
            }
        } onCancel: {
            ring()
        }
        timer.cancel()
    }
}

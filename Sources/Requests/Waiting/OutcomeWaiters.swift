package import Model
import Synchronization

/// Callers of this process that wait for the outcome of a request. They are woken when a report says that a delivery of
/// theirs has ended, at their deadline, and at shutdown; they look for themselves what happened.
package final class OutcomeWaiters: Sendable {
    /// The channel on which ends of awaited deliveries are announced.
    package static let channel = "sluice_outcome"
    /// Each holds a connection, and an answer. Beyond them callers are answered without waiting.
    package static let limit = 1_000

    private enum Wait {
        case quiet, rung
        case awaited(CheckedContinuation<Void, Never>)
    }

    private struct State {
        var waits: [RequestID: Wait] = [:]
        var hasEnded = false
    }

    private let limit: Int
    private let state = Mutex(State())

    package init(limit: Int = OutcomeWaiters.limit) { self.limit = limit }

    package var count: Int { state.withLock { $0.waits.count } }

    package var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Must come before the request is stored, or its end may go unheard. False where too many wait or the process stops;
    /// where it is true, `leave` must follow.
    package func enter(_ request: RequestID) -> Bool {
        state.withLock { state in
            guard !state.hasEnded, state.waits.count < limit else { return false }
            state.waits[request] = .quiet
            return true
        }
    }

    package func leave(_ request: RequestID) {
        let wait = state.withLock { $0.waits.removeValue(forKey: request) }
        if case .awaited(let continuation) = wait { continuation.resume() }
    }

    /// Returns when the request's end is heard, or has been since the last wait, when the time is over, or at the process's
    /// end. It may return early.
    package func wait(for request: RequestID, upTo limit: Duration) async {
        let timer = Task {
            try await Task.sleep(for: limit)
            ring(request)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustGoOn = state.withLock { state in
                    guard case .quiet = state.waits[request], !state.hasEnded, !Task.isCancelled else {
                        if state.waits[request] != nil { state.waits[request] = .quiet }
                        return true
                    }
                    state.waits[request] = .awaited(continuation)
                    return false
                }
                if mustGoOn { continuation.resume() }
            }
        } onCancel: {
            ring(request)
        }
        timer.cancel()
    }

    /// - Parameter payload: of a notification on `channel`: ids, with commas.
    package func hear(_ payload: String) {
        for id in payload.split(separator: ",") {
            if let id = RequestID(id) { ring(id) }
        }
    }

    /// Announcements may have been lost: all look.
    package func ringAll() {
        for request in state.withLock({ Array($0.waits.keys) }) { ring(request) }
    }

    /// Nobody waits any longer.
    package func end() {
        state.withLock { $0.hasEnded = true }
        ringAll()
    }

    private func ring(_ request: RequestID) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            switch state.waits[request] {
            case .awaited(let continuation):
                state.waits[request] = .quiet
                return continuation
            case .quiet:
                state.waits[request] = .rung
                return nil
            case .rung, nil: return nil
            }
        }
        waiter?.resume()
    }
}

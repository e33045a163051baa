import NIOCore

/// Tells when a connection has been too long in one phase. Phases change several times in each request, so a scheduled
/// task is left standing when its time is put off, and looks again when it runs. For one event loop.
final class PhaseTimer {
    private let patience: Patience
    private var current: (phase: HTTPConnectionState.Phase, turn: Int)?
    private var deadline: NIODeadline?
    private var scheduled: (time: NIODeadline, task: Scheduled<Void>)?

    init(_ patience: Patience) { self.patience = patience }

    /// `onTimeout` is the same in each call.
    func enter(
        _ phase: HTTPConnectionState.Phase, turn: Int, on loop: any EventLoop, onTimeout: @escaping () -> Void
    ) {
        if let current, current == (phase, turn) { return }
        current = (phase, turn)
        deadline = limit(phase).map { .now() + TimeAmount($0) }
        guard let deadline else { return }
        if let scheduled, scheduled.time <= deadline { return }
        schedule(deadline, on: loop, onTimeout)
    }

    func stop() {
        deadline = nil
        scheduled?.task.cancel()
        scheduled = nil
    }

    private func limit(_ phase: HTTPConnectionState.Phase) -> Duration? {
        switch phase {
        case .idle: patience.idle
        case .head: patience.head
        case .body: patience.body
        case .lingering: patience.linger
        // The store's deadline ends it.
        case .answering: nil
        }
    }

    private func schedule(_ time: NIODeadline, on loop: any EventLoop, _ onTimeout: @escaping () -> Void) {
        scheduled?.task.cancel()
        let task = loop.assumeIsolated().scheduleTask(deadline: time) { [self] in
            scheduled = nil
            guard let deadline else { return }
            if deadline <= .now() {
                self.deadline = nil
                onTimeout()
            } else {
                schedule(deadline, on: loop, onTimeout)
            }
        }
        scheduled = (time, task)
    }
}

import ServiceLifecycle
import Synchronization

/// The time before a server ends. Whoever balances load sees by `/readyz` that it should send nothing more, callers by
/// `Connection: close` that the next request needs another connection. Until then all that comes is taken.
final class Draining: Service {
    private let time: Duration
    private let hasBegun = Atomic(false)

    init(for time: Duration) { self.time = time }

    var isUnderWay: Bool { hasBegun.load(ordering: .relaxed) }

    /// Returns when the time is over that begins with a graceful shutdown; at once when cancelled.
    func run() async {
        try? await gracefulShutdown()
        hasBegun.store(true, ordering: .relaxed)
        try? await Task.sleep(for: time)
    }
}

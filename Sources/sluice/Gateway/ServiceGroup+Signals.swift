import ServiceLifecycle
import UnixSignals

extension ServiceGroup {
    /// Runs until all services have ended. The first SIGTERM or SIGINT asks them to end in order, the second ends them at
    /// once.
    func runUntilSignalled() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await self.run() }
            tasks.addTask {
                var isAsked = false
                for await _ in signals {
                    guard !isAsked else { return }
                    isAsked = true
                    await self.triggerGracefulShutdown()
                }
                // Cancelled: the services have ended.
            }
            defer { tasks.cancelAll() }
            _ = try await tasks.next()
        }
    }
}

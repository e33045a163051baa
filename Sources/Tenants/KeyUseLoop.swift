import FoundationEssentials
package import Logging
import Postgres

/// Records uses of keys now and then. What can't be recorded is dropped: the next minute's use says more.
package struct KeyUseLoop: Sendable {
    package static let interval = Duration.seconds(10)
    private static let batch = 1_000

    private let uses: KeyUses
    private let store: TenantStore
    private let interval: Duration
    private let logger: Logger

    package init(_ uses: KeyUses, _ store: TenantStore, every interval: Duration = Self.interval, logger: Logger) {
        self.uses = uses
        self.store = store
        self.interval = interval
        self.logger = logger
    }

    /// Until it is cancelled; what has come by then is recorded.
    package func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: interval)
            await Task { await record() }.value
        }
    }

    private func record() async {
        while true {
            let batch = uses.take(Self.batch, now: .now)
            if batch.isEmpty { return }
            do {
                try await store.noteUses(batch)
            } catch {
                logger.warning("uses of keys not recorded", metadata: ["error": "\(error)"])
                return
            }
        }
    }
}

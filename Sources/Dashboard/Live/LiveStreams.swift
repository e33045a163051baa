import Model
import Synchronization

/// How many pages are live at the same time.
final class LiveStreams: Sendable {
    /// In this process: each costs a connection, and a look at its page every two seconds.
    static let limit = 200
    /// Of one tenant, so that there are some for the others.
    static let tenantLimit = 50

    /// Held as long as the stream is.
    final class Seat: Sendable {
        private let streams: LiveStreams
        private let tenant: TenantID?

        fileprivate init(_ streams: LiveStreams, _ tenant: TenantID?) {
            (self.streams, self.tenant) = (streams, tenant)
        }

        var hasEnded: Bool { streams.state.withLock { $0.hasEnded } }

        deinit { streams.giveBack(tenant) }
    }

    private struct State {
        var count = 0
        var ofTenant: [TenantID: Int] = [:]
        var hasEnded = false
    }

    private let state = Mutex(State())

    /// nil where there are as many as may be, or the process stops.
    func take(of tenant: TenantID?) -> Seat? {
        let isTaken = state.withLock { state in
            guard !state.hasEnded, state.count < Self.limit else { return false }
            if let tenant {
                guard state.ofTenant[tenant, default: 0] < Self.tenantLimit else { return false }
                state.ofTenant[tenant, default: 0] += 1
            }
            state.count += 1
            return true
        }
        return isTaken ? Seat(self, tenant) : nil
    }

    func end() { state.withLock { $0.hasEnded = true } }

    private func giveBack(_ tenant: TenantID?) {
        state.withLock { state in
            state.count -= 1
            guard let tenant, let count = state.ofTenant[tenant] else { return }
            state.ofTenant[tenant] = count > 1 ? count - 1 : nil
        }
    }
}

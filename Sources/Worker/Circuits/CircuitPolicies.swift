import Circuits
import Model
import Synchronization
import Tenants

/// The policy of each destination's circuit: the gateway's defaults, the destination's time-out and limit, and what its
/// tenant and it lay over them. A change of these is seen with the next `load`.
final class CircuitPolicies: Sendable {
    private struct State {
        var overrides = CircuitOverrides()
        var known: [CircuitKey: CircuitPolicy] = [:]
        var version: Int64?
    }

    private let store: CircuitStore
    private let snapshots: SnapshotLoop
    private let state = Mutex(State())

    init(_ store: CircuitStore, _ snapshots: SnapshotLoop) {
        self.store = store
        self.snapshots = snapshots
    }

    /// Reads them where the configuration has changed since.
    func load() async throws {
        let version = snapshots.current.version
        guard state.withLock({ $0.version != version }) else { return }
        let overrides = try await store.overrides()
        state.withLock { $0 = State(overrides: overrides, version: version) }
    }

    /// nil: the destination is not known here.
    func policy(_ key: CircuitKey) -> CircuitPolicy? {
        if let known = state.withLock({ $0.known[key] }) { return known }
        guard let settings = snapshots.current.destination(key.destination)?.settings else { return nil }
        return state.withLock { state in
            let policy = state.overrides.policy(
                key, timeout: settings.timeout, maxInFlight: Int(settings.maxInFlight))
            state.known[key] = policy
            return policy
        }
    }

    func lanes(_ key: CircuitKey) -> [LaneID] { snapshots.current.destination(key.destination)?.lanes ?? [] }
}

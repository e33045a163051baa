import Circuits
import CoreMetrics
import Logging
import Model
import Postgres
import Requests
import ServiceLifecycle
import Telemetry

/// Judges circuits: after outcomes that may change them, when their time has come, and by probes.
final class CircuitLoop: Service {
    static let pollInterval = Duration.milliseconds(500)
    /// How stale the watch may be when a notification was lost.
    static let refreshInterval = Duration.seconds(5)
    /// A storm of notifications costs a look each so often.
    static let leastRefreshInterval = Duration.milliseconds(100)
    /// Due circuits that one look takes on; the next finds more.
    static let dueLimit: Int32 = 64
    /// Circuits judged at the same time: their statements share round trips.
    static let width = 16
    /// A circuit that others write all the time is judged by them.
    static let tries = 3

    private let worker: WorkerID
    private let node: Node
    private let store: CircuitStore
    private let policies: CircuitPolicies
    private let watch: CircuitWatch
    private let arm: ArmLoop
    private let probing: Probing
    private let logger: Logger

    init(
        worker: WorkerID, node: Node, store: CircuitStore, policies: CircuitPolicies, watch: CircuitWatch, arm: ArmLoop,
        probing: Probing, logger: Logger
    ) {
        self.worker = worker
        self.node = node
        self.store = store
        self.policies = policies
        self.watch = watch
        self.arm = arm
        self.probing = probing
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                var nextPoll = ContinuousClock.now
                var refreshed = ContinuousClock.now - Self.refreshInterval
                while !Task.isCancelled {
                    let age = ContinuousClock.now - refreshed
                    if age >= Self.refreshInterval || age >= Self.leastRefreshInterval && self.watch.takeNews() {
                        refreshed = .now
                        await self.refresh()
                    }
                    await self.judgeFindings()
                    if nextPoll <= .now {
                        for key in await self.judgeDue() { group.addTask { await self.probe(key) } }
                        nextPoll = .now + Self.pollInterval * .random(in: 0.8..<1.2)
                    }
                    let nextNews = self.watch.hasNews ? refreshed + Self.leastRefreshInterval : nextPoll
                    await self.watch.bell.wait(upTo: min(nextPoll, nextNews) - .now)
                }
            }
        }
    }

    /// A health check has changed its opinion of a destination.
    func hear(_ change: HealthChange) async throws {
        let key = CircuitKey(shard: change.shard, tenant: change.tenant, destination: change.destination)
        _ = try await decide(key) { _, _ in [.health(isUp: change.isUp, change.policy)] }
    }

    private func refresh() async {
        do {
            try await policies.load()
            let snapshot = try await store.unsettled(node)
            watch.show(snapshot)
            await each(snapshot.circuits.filter(\.value.isAhead).map(\.key)) { key in
                _ = await self.judge(key) { _, _ in [.timer] }
            }
        } catch {
            logger.warning("circuits not refreshed", metadata: ["error": "\(error)"])
        }
    }

    private func judgeFindings() async {
        await each(watch.takeFindings()) { item in
            _ = await self.judge(item.key) { item.findings.inputs($0, $1) }
        }
    }

    /// Judges circuits that time has changed; returns those for which a probe is due.
    private func judgeDue() async -> [CircuitKey] {
        do {
            let due = try await store.due(node, limit: Self.dueLimit)
            await each(due.filter { !$0.isProbe }) { due in
                _ = await self.judge(due.key) { reading, sums in
                    [.timer, .tick(LimitSample(reading, sums), epoch: reading.circuit.epoch)]
                }
            }
            return due.filter(\.isProbe).map(\.key)
        } catch {
            logger.warning("no look at due circuits, trying again", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func each<T: Sendable>(_ items: [T], _ body: @escaping @Sendable (T) async -> Void) async {
        await withDiscardingTaskGroup { group in
            for start in 0..<min(Self.width, items.count) {
                group.addTask {
                    for index in stride(from: start, to: items.count, by: Self.width) { await body(items[index]) }
                }
            }
        }
    }

    /// As `decide`; what goes wrong is put right by the next judgement. In a task of its own, which a shutdown does not
    /// cancel: of a lease that was granted unseen nobody would know.
    private func judge(
        _ key: CircuitKey, _ inputs: @escaping @Sendable (CircuitReading, WindowSums) -> [Circuit.Input]
    ) async -> [Circuit.Effect] {
        do {
            return try await Task { try await decide(key, inputs) }.value
        } catch {
            logger.warning("circuit not judged", metadata: ["destination": "\(key.destination)", "error": "\(error)"])
            return []
        }
    }

    /// Lets the machine decide on the circuit as it is now, and writes what it decided; returns its effects.
    private func decide(
        _ key: CircuitKey, _ inputs: @Sendable (CircuitReading, WindowSums) -> [Circuit.Input]
    ) async throws -> [Circuit.Effect] {
        for _ in 0..<Self.tries {
            guard let policy = policies.policy(key), var reading = try await store.read(key) else { return [] }
            let before = reading.circuit
            var effects: [Circuit.Effect] = []
            for input in inputs(reading, try await store.sums(reading, policy: policy)) {
                effects += reading.circuit.handle(input, at: reading.now, policy: policy, jitter: .random(in: 0..<1))
            }
            if reading.circuit == before { return effects }
            guard try await store.write(reading, effects, policy: policy) else { continue }
            tell(before, reading)
            // Behind a gate that opened, or a limit that grew, nothing was armed.
            arm.arm(policies.lanes(key))
            return effects
        }
        return []
    }

    private func tell(_ before: Circuit, _ reading: CircuitReading) {
        guard before.state != reading.circuit.state else { return }
        Counter(.circuitTransitions, reading.circuit.state.rawValue).increment()
        logger.notice(
            "circuit \(reading.circuit.state.rawValue)",
            metadata: [
                "destination": "\(reading.key.destination)", "tenant": "\(reading.key.tenant)",
                "reason": "\(reading.circuit.reason.rawValue)",
            ])
    }

    /// Probes for as long as each success allows another.
    private func probe(_ key: CircuitKey) async {
        while !Task.isCancelled, watch.trustsEgress {
            let effects = await judge(key) { [worker] _, _ in [.probeAsked(by: worker)] }
            guard let lease = effects.lazy.compactMap(\.lease).first else { return }
            let verdict = await probing.probe(key, skip: lease.skip)
            let signal = verdict?.signal ?? CircuitSignal(.ignored)
            _ = await judge(key) { reading, _ in
                // The token is fence enough: it is not given twice, and not kept over an epoch.
                [.probeFinished(token: lease.token, epoch: reading.circuit.epoch, signal, request: verdict?.request)]
            }
            guard signal.kind == .ok else { return }
        }
    }
}

extension Circuit.Effect {
    fileprivate var lease: ProbeLease? { if case .grant(let lease) = self { lease } else { nil } }
}

extension LimitSample {
    init(_ reading: CircuitReading, _ sums: WindowSums) {
        let total = sums.total
        // While something waits the limit is used, though little is in flight between a report and the next claim.
        let allowed = reading.backlogIsEmpty ? 0 : Int(reading.circuit.limit?.value ?? 0)
        self.init(
            Completed(ok: total.ok, fail: total.fail + total.distinct, pushback: total.pushback),
            inFlight: max(reading.inFlight, allowed), backlogIsEmpty: reading.backlogIsEmpty)
    }
}

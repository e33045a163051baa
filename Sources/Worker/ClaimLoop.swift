import CoreMetrics
import Logging
import Model
import Postgres
import Requests
import ServiceLifecycle
import Synchronization

/// Claims while there are slots, and delivers what it claimed. Told of work by `ring`; a poll finds what it was not
/// told of.
final class ClaimLoop: Service {
    /// The truth behind lost notifications, and the clock of scheduled work.
    static let pollInterval = Duration.milliseconds(500)

    private struct State {
        var slots: Slots
        var schedule = ShardSchedule()

        enum Step {
            /// - Parameter isForAll: of whatever there is, not only for tenants with little under way.
            case claim(Int16, DeliveryStore.ClaimLimits, isForAll: Bool)
            /// nil: for news, or the next poll.
            case wait(until: ContinuousClock.Instant?)
        }

        /// What to do next; a claim begins with it.
        mutating func step(now: ContinuousClock.Instant) -> Step {
            switch schedule.turn(now: now) {
            case .idle: return .wait(until: nil)
            case .wait(let until): return .wait(until: until)
            case .claim(let shard):
                let room = slots.room(now: now)
                if room > 0 { return .claim(shard, begin(shard, rows: room), isForAll: true) }
                guard slots.lastRoom > 0, let shard = schedule.news(now: now) else { return .wait(until: slots.roomAt) }
                var limits = begin(shard, rows: slots.lastRoom)
                limits.leavingOut = Array(slots.heavy(now: now))
                return .claim(shard, limits, isForAll: false)
            }
        }

        private mutating func begin(_ shard: Int16, rows: Int) -> DeliveryStore.ClaimLimits {
            schedule.begin(shard)
            var limits = DeliveryStore.ClaimLimits()
            limits.rows = min(limits.rows, Int32(clamping: rows))
            limits.bytes = min(limits.bytes, Int64(slots.byteRoom))
            return limits
        }
    }

    private let worker: WorkerID
    private let node: Node
    private let store: DeliveryStore
    private let outlets: [Outlet]
    private let dispatcher: Dispatcher
    private let arm: ArmLoop
    private let watch: CircuitWatch
    private let metrics = ClaimMetrics()
    private let drainTimeout: Duration
    private let logger: Logger
    private let state: Mutex<State>
    private let bell = Bell()

    init(
        worker: WorkerID, node: Node, configuration: WorkerConfiguration, store: DeliveryStore, outlets: [Outlet],
        dispatcher: Dispatcher, arm: ArmLoop, watch: CircuitWatch, logger: Logger
    ) {
        self.worker = worker
        self.node = node
        self.store = store
        self.outlets = outlets
        self.dispatcher = dispatcher
        self.arm = arm
        self.watch = watch
        self.logger = logger
        metrics.slots.set(configuration.concurrency)
        drainTimeout = configuration.drainTimeout
        state = Mutex(State(slots: Slots(capacity: configuration.concurrency, byteCapacity: configuration.bytes)))
    }

    /// The shards may have work.
    func ring(_ shards: some Sequence<Int16>) {
        state.withLock { $0.schedule.mark(shards, now: .now) }
        bell.ring()
    }

    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                var turn = 0
                await self.claim { delivery in
                    let outlet = self.outlets[turn % self.outlets.count]
                    turn += 1
                    let takenAt = ContinuousClock.now
                    group.addTask(executorPreference: outlet.executor) {
                        await self.process(delivery, takenAt: takenAt, through: outlet.deliverer)
                    }
                }
                await self.drain()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.bell.ring()
        }
    }

    private func claim(_ start: (Delivery) -> Void) async {
        var nextPoll = ContinuousClock.now
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            if nextPoll <= .now {
                await poll()
                nextPoll = .now + Self.pollInterval * .random(in: 0.8..<1.2)
            }
            guard watch.trustsEgress else {
                await bell.wait(upTo: nextPoll - .now)
                continue
            }
            switch state.withLock({ $0.step(now: .now) }) {
            case .claim(let shard, let limits, let isForAll):
                for delivery in await claim(shard, limits, isForAll: isForAll) {
                    state.withLock { $0.slots.take(delivery.bytes, of: delivery.tenant) }
                    metrics.underWay.increment()
                    start(delivery)
                }
            case .wait(let until): await bell.wait(upTo: min(until ?? nextPoll, nextPoll) - .now)
            }
        }
    }

    private func claim(_ shard: Int16, _ limits: DeliveryStore.ClaimLimits, isForAll: Bool) async -> [Delivery] {
        let begun = ContinuousClock.now
        do {
            let claim = try await store.claim(shard: shard, worker: worker, limits: limits)
            (claim.deliveries.isEmpty ? metrics.empty : metrics.found).increment()
            if !claim.disarmed.isEmpty { arm.arm(claim.disarmed) }
            state.withLock { state in
                if isForAll, !claim.deliveries.isEmpty { state.slots.claim(now: begun) }
                state.schedule.claimed(shard, Self.result(of: claim, limits), now: .now)
            }
            return claim.deliveries
        } catch {
            metrics.failed.increment()
            // A claim that was committed unseen is rescued when its leases end.
            logger.warning("claim failed, trying again", metadata: ["error": "\(error)"])
            state.withLock { $0.schedule.claimed(shard, .failed, now: .now) }
            return []
        }
    }

    private static func result(
        of claim: DeliveryStore.Claim, _ limits: DeliveryStore.ClaimLimits
    ) -> ShardSchedule.Result {
        if claim.leavesLanes { return .locked }
        if claim.deliveries.isEmpty { return .exhausted }
        // Who was left out may have more, and so may lanes beyond those that a claim locks.
        if !limits.leavingOut.isEmpty || claim.disarmed.count >= limits.lanes { return .more }
        return claim.deliveries.allSatisfy { claim.disarmed.contains($0.lane) } ? .exhausted : .more
    }

    private func poll() async {
        do {
            let runnable = try await store.armDue(node)
            state.withLock { $0.schedule.mark(runnable, now: .now) }
        } catch {
            logger.warning("poll failed, trying again", metadata: ["error": "\(error)"])
        }
    }

    private func process(
        _ delivery: Delivery, takenAt: ContinuousClock.Instant, through deliverer: Deliverer
    ) async {
        await dispatcher.dispatch(delivery, through: deliverer)
        let now = ContinuousClock.now
        let mustRing = state.withLock { state in
            state.slots.release(delivery.bytes, of: delivery.tenant, after: now - takenAt, now: now)
        }
        metrics.underWay.decrement()
        if mustRing { bell.ring() }
    }

    /// Lets what is under way finish, up to the time-out; the rest is cancelled by the caller and handed back.
    private func drain() async {
        let deadline = ContinuousClock.now + drainTimeout
        while state.withLock({ $0.slots.taken }) > 0, ContinuousClock.now < deadline {
            await bell.wait(upTo: deadline - .now)
        }
    }
}

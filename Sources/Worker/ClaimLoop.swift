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
    }

    private let worker: WorkerID
    private let node: Node
    private let store: DeliveryStore
    private let outlets: [Outlet]
    private let dispatcher: Dispatcher
    private let arm: ArmLoop
    private let watch: CircuitWatch
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
                    group.addTask(executorPreference: outlet.executor) {
                        await self.process(delivery, through: outlet.deliverer)
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
            let (room, bytes, turn) = state.withLock { ($0.slots.room, $0.slots.byteRoom, $0.schedule.turn(now: .now)) }
            switch turn {
            case .claim(let shard) where room > 0 && watch.trustsEgress:
                for delivery in await claim(shard, room: room, bytes: bytes) {
                    state.withLock { $0.slots.take(delivery.bytes) }
                    start(delivery)
                }
            case .wait(let until): await bell.wait(upTo: min(until, nextPoll) - .now)
            case .claim, .idle: await bell.wait(upTo: nextPoll - .now)
            }
        }
    }

    private func claim(_ shard: Int16, room: Int, bytes: Int) async -> [Delivery] {
        var limits = DeliveryStore.ClaimLimits()
        limits.rows = min(limits.rows, Int32(clamping: room))
        limits.bytes = min(limits.bytes, Int64(bytes))
        state.withLock { $0.schedule.begin(shard) }
        do {
            let claim = try await store.claim(shard: shard, worker: worker, limits: limits)
            if !claim.disarmed.isEmpty { arm.arm(claim.disarmed) }
            let result: ShardSchedule.Result =
                if claim.deliveries.isEmpty { claim.disarmed.isEmpty ? .nothing : .exhausted } else {
                    claim.deliveries.allSatisfy { claim.disarmed.contains($0.lane) } ? .exhausted : .more
                }
            state.withLock { $0.schedule.claimed(shard, result, now: .now) }
            return claim.deliveries
        } catch {
            // A claim that was committed unseen is rescued when its leases end.
            logger.warning("claim failed, trying again", metadata: ["error": "\(error)"])
            state.withLock { $0.schedule.claimed(shard, .nothing, now: .now) }
            return []
        }
    }

    private func poll() async {
        do {
            let runnable = try await store.armDue(node)
            state.withLock { $0.schedule.mark(runnable, now: .now) }
        } catch {
            logger.warning("poll failed, trying again", metadata: ["error": "\(error)"])
        }
    }

    private func process(_ delivery: Delivery, through deliverer: Deliverer) async {
        await dispatcher.dispatch(delivery, through: deliverer)
        let mustRing = state.withLock { state in
            let before = state.slots.room
            state.slots.release(delivery.bytes)
            return before == 0 && state.slots.room > 0 || state.slots.taken == 0
        }
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

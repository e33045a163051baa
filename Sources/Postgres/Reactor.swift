/// What the loop's thread owns: the pools of all clients, by id. It never leaves the thread.
final class Reactor {
    static let wakeupKey: UInt64 = 0
    static let firstFreeID: UInt64 = 16

    private let poller: Int32
    private let nextID: () -> UInt64
    private var pools: [UInt64: Pool] = [:]
    private var connections: [UInt64: Connection] = [:]

    init(poller: Int32, nextID: @escaping () -> UInt64) {
        self.poller = poller
        self.nextID = nextID
    }

    func handle(_ command: Loop.Command) {
        switch command {
        case .open(let configuration, let client):
            let pool = Pool(configuration)
            pools[client] = pool
            for _ in 0..<configuration.connections {
                let connection = Connection(key: nextID(), configuration: configuration, poller: poller, pool: pool)
                connections[connection.key] = connection
                pool.add(connection)
            }
        case .submit(let submission, let client, let continuation):
            guard let pool = pools[client] else {
                return continuation.resume(throwing: PostgresError(.closed, "the database client is closed"))
            }
            pool.submit(submission, continuation)
        case .cancel(let id, let client):
            pools[client]?.cancel(id)
        case .lease(let id, let client, let deadline, let continuation):
            guard let pool = pools[client] else {
                return continuation.resume(throwing: PostgresError(.closed, "the database client is closed"))
            }
            pool.lease(id, deadline: deadline, continuation)
        case .release(let id, let client, let discard):
            pools[client]?.release(id, discard: discard)
        case .close(let client, let continuation):
            if let pool = pools.removeValue(forKey: client) {
                for connection in pool.connections { connections[connection.key] = nil }
                pool.close()
            }
            continuation.resume()
        case .run, .stop: break
        }
    }

    func turn() {
        let now = ContinuousClock.now
        for pool in pools.values { pool.dispatch(now: now) }
    }

    func ready(_ key: UInt64) { connections[key]?.ready() }

    func fireTimers() {
        let now = ContinuousClock.now
        for connection in connections.values { connection.fireTimer(now: now) }
    }

    /// For epoll: -1 waits without limit; rounded up, so that a timer has come when the wait ends.
    var timeoutMilliseconds: Int32 {
        let next = (connections.values.compactMap(\.timer) + pools.values.compactMap(\.nextDeadline)).min()
        guard let next else { return -1 }
        let left = next - ContinuousClock.now
        return Int32(clamping: max(0, (left.microseconds + 999) / 1000))
    }

    func closeAll() {
        for pool in pools.values { pool.close() }
        pools = [:]
        connections = [:]
    }
}

internal import CLibpq
internal import Glibc
import Synchronization

/// The thread on which all connections of a process live. Tasks post commands into a locked inbox; the thread takes
/// the whole inbox at each turn, so that what arrived meanwhile goes out together.
package final class Loop: Sendable {
    enum Command: Sendable {
        case open(Client.Configuration, client: UInt64)
        case submit(Submission, client: UInt64, CheckedContinuation<[Rows], any Error>)
        case cancel(UInt64, client: UInt64)
        case lease(UInt64, client: UInt64, deadline: ContinuousClock.Instant, CheckedContinuation<[Rows], any Error>)
        case release(UInt64, client: UInt64, discard: Bool)
        case close(client: UInt64, CheckedContinuation<Void, Never>)
        case run(UnownedJob)
        case stop
    }

    private struct Inbox {
        var commands: [Command] = []
        var isParked = false
    }

    /// Jobs post commands and jobs in their turn; after so many rounds the sockets have theirs.
    private static let roundsPerTurn = 8

    private let inbox = Mutex(Inbox())
    private let wakeup: Int32
    private let poller: Int32
    private let ids = Atomic<UInt64>(Reactor.firstFreeID)

    /// Throws when the process has no file descriptors or threads left.
    package init() throws {
        wakeup = sluice_eventfd_create()
        poller = sluice_epoll_create()
        guard wakeup >= 0, poller >= 0,
            sluice_epoll_watch(poller, wakeup, UInt32(sluice_readable), Reactor.wakeupKey) == 0
        else { throw PostgresError(.connectFailed, "no epoll descriptor: errno \(errno)") }
        guard startThread({ [self] in run() }) else {
            throw PostgresError(.connectFailed, "no thread for the database loop")
        }
    }

    deinit {
        Glibc.close(wakeup)
        Glibc.close(poller)
    }

    /// Ends the thread; clients must have been closed before.
    package func stop() { post(.stop) }

    /// Ids are unique within the loop: clients, submissions, leases and connections share one sequence.
    func nextID() -> UInt64 { ids.add(1, ordering: .relaxed).newValue }

    func post(_ command: Command) {
        let mustWake = inbox.withLock { inbox in
            inbox.commands.append(command)
            defer { inbox.isParked = false }
            return inbox.isParked
        }
        if mustWake { sluice_eventfd_signal(wakeup) }
    }

    private func run() {
        let reactor = Reactor(poller: poller, nextID: nextID)
        var events = [sluice_event](repeating: sluice_event(), count: 64)
        while true {
            for _ in 0..<Self.roundsPerTurn {
                let commands = inbox.withLock { inbox in
                    defer { inbox.commands.removeAll(keepingCapacity: true) }
                    return inbox.commands
                }
                if commands.isEmpty { break }
                for command in commands {
                    switch command {
                    case .stop: return reactor.closeAll()
                    case .run(let job): job.runSynchronously(on: asUnownedTaskExecutor())
                    default: reactor.handle(command)
                    }
                }
            }
            reactor.turn()
            let timeout = inbox.withLock { inbox in
                inbox.isParked = inbox.commands.isEmpty
                return inbox.isParked ? reactor.timeoutMilliseconds : 0
            }
            let count = sluice_epoll_wait(poller, &events, timeout)
            inbox.withLock { $0.isParked = false }
            for event in events.prefix(Int(max(count, 0))) {
                if event.key == Reactor.wakeupKey {
                    sluice_eventfd_clear(wakeup)
                } else {
                    reactor.ready(event.key)
                }
            }
            reactor.fireTimers()
        }
    }
}

/// Tasks that do little more than send statements and wait for them run on the loop's thread: nothing is handed to
/// another thread between a result and the next statement. What else they do holds up every connection of the loop.
/// After `stop` nothing runs any more.
extension Loop: TaskExecutor {
    package func enqueue(_ job: consuming ExecutorJob) { post(.run(UnownedJob(job))) }
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// A detached thread of the operating system: the loop blocks in epoll, which the cooperative pool must not.
private func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    let box = Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    let status = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }, box.toOpaque())
    guard status == 0 else {
        box.release()
        return false
    }
    pthread_detach(thread)
    return true
}

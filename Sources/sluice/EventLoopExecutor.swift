import NIOCore
import NIOPosix

/// Runs tasks on the event loops that also do their I/O, so that a request does not change threads between its socket
/// and its handler: docs/decisions/003 has the profile.
///
/// A job goes to the loop on whose thread it is enqueued; one that comes from elsewhere goes to any.
final class EventLoopExecutor: TaskExecutor {
    private let group: MultiThreadedEventLoopGroup

    init(_ group: MultiThreadedEventLoopGroup) { self.group = group }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        group.any().execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

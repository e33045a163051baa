package import NIOCore

/// Runs tasks on event loops that also do their I/O, so that a request does not change threads between its socket
/// and its handler: docs/decisions/003 has the profile.
///
/// A job goes to the loop on whose thread it is enqueued, where that is of the group; one that comes from elsewhere
/// goes to any.
package final class EventLoopExecutor: TaskExecutor {
    private let group: any EventLoopGroup

    /// - Parameter group: a single loop is a group of one.
    package init(_ group: any EventLoopGroup) { self.group = group }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        group.any().execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

import NIOCore

/// An event loop with an HTTP client of its own. A delivery stays on one loop from its start to its outcome, and its
/// connection is that loop's: nothing is handed from thread to thread, nothing is locked against another loop.
struct Outlet: Sendable {
    let executor: EventLoopExecutor
    let deliverer: Deliverer

    init(_ loop: any EventLoop, egress: AddressGuard, credentials: Credentials) {
        executor = EventLoopExecutor(loop)
        deliverer = Deliverer(sender: HTTPSender(eventLoops: loop, egress: egress), credentials: credentials)
    }
}

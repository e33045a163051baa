package import Model
package import NIOCore
package import Requests
package import Tenants

/// Makes attempts outside of the queue: a tenant tries its destination. By the rules of deliveries, with connections of
/// its own; whoever makes it shuts it down.
package struct TestSender: Sendable {
    private let sender: HTTPSender
    private let deliverer: Deliverer

    package init(eventLoops: any EventLoopGroup, egress: EgressRules) {
        sender = HTTPSender(eventLoops: eventLoops, egress: AddressGuard(egress))
        deliverer = Deliverer(sender: sender, credentials: Credentials(sender: sender))
    }

    /// Posts a small JSON body to the base URL.
    package func send(to destination: Destination, within timeout: Duration) async -> Outcome {
        var settings = destination.settings
        settings.timeout = min(settings.timeout, timeout)
        let delivery = Delivery(
            lane: destination.lane, tenant: destination.tenant, request: .new(), token: 0, attempt: 1, epoch: 0,
            isExpired: false, method: "POST", path: "", query: nil,
            headers: HeaderLines(text: "content-type: application/json\nuser-agent: sluice-test\n"),
            body: Array(#"{"type":"sluice.test"}"#.utf8))
        return await deliverer.deliver(delivery, to: settings)
    }

    package func shutdown() async throws { try await sender.shutdown() }
}

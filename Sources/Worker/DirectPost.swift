package import Model
import NIOCore
import NIOPosix
import Requests
package import Tenants

/// The worker's HTTP client without the database: the baseline of the drain benchmark.
package struct DirectPost: Sendable {
    private let destination: Destination
    private let outlets: [Outlet]
    private let tokenSender: HTTPSender

    package init(destination: Destination, egress: EgressRules) {
        self.destination = destination
        let egress = AddressGuard(egress)
        let tokenSender = HTTPSender(egress: egress)
        let credentials = Credentials(sender: tokenSender)
        self.tokenSender = tokenSender
        outlets = MultiThreadedEventLoopGroup.singleton.makeIterator().map {
            Outlet($0, egress: egress, credentials: credentials)
        }
    }

    /// Posts the body so many times, so many at a time. Returns how many were delivered.
    package func post(_ body: [UInt8], times: Int, concurrency: Int) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for lane in 0..<concurrency {
                let share = times / concurrency + (lane < times % concurrency ? 1 : 0)
                let outlet = outlets[lane % outlets.count]
                group.addTask(executorPreference: outlet.executor) {
                    await self.post(body, times: share, through: outlet.deliverer)
                }
            }
            return await group.reduce(0, +)
        }
    }

    private func post(_ body: [UInt8], times: Int, through deliverer: Deliverer) async -> Int {
        var delivered = 0
        for _ in 0..<times {
            let delivery = Delivery(
                lane: destination.lane, tenant: destination.tenant, request: .new(), token: 0, attempt: 1,
                epoch: 1, isExpired: false,
                method: "POST", path: "/bench", query: nil,
                headers: HeaderLines(text: "content-type: application/octet-stream\n"), body: body)
            if await deliverer.deliver(delivery, to: destination.settings).verdict == .delivered { delivered += 1 }
        }
        return delivered
    }

    package func shutdown() async throws {
        for outlet in outlets { try await outlet.deliverer.sender.shutdown() }
        try await tokenSender.shutdown()
    }
}

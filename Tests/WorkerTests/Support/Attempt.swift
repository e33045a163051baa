import Model
import Requests
import Sink
import Tenants
import TestSupport

@testable import Worker

extension Delivery {
    /// Of no tenant and no lane: for attempts without a database.
    static func sample(
        _ method: String = "POST", path: String = "/hook", query: String? = nil, headers: [Received.Header] = [],
        body: [UInt8] = Array("{}".utf8), attempt: Int16 = 1, isExpired: Bool = false, tenant: TenantID = .new()
    ) -> Delivery {
        var lines = HeaderLines()
        for header in headers { lines.append(header.name, header.value) }
        return Delivery(
            lane: LaneID(shard: 0, number: 1), tenant: tenant, request: .new(), token: 1, attempt: attempt,
            epoch: 1, isExpired: isExpired, method: method, path: path, query: query, headers: lines, body: body)
    }
}

extension DestinationSettings {
    static func to(
        _ baseURL: String, timeout: Duration = .seconds(20), connectTimeout: Duration = .seconds(10)
    ) -> DestinationSettings {
        var settings = DestinationSettings(name: "sink", baseURL: baseURL)
        settings.timeout = timeout
        settings.connectTimeout = connectTimeout
        return settings
    }
}

extension EgressRules {
    /// The sinks' network.
    static let loopback = EgressRules(
        allowed: [Sink.network, "::1"].compactMap { AddressRange($0) })
}

func withDeliverer<T>(
    egress: EgressRules = .loopback, _ body: (Deliverer) async throws -> T
) async throws -> T {
    let egress = AddressGuard(egress)
    let sender = HTTPSender(egress: egress)
    let tokenSender = HTTPSender(egress: egress)
    do {
        let value = try await body(
            Deliverer(sender: sender, credentials: Credentials(sender: tokenSender)))
        try await sender.shutdown()
        try await tokenSender.shutdown()
        return value
    } catch {
        try? await sender.shutdown()
        try? await tokenSender.shutdown()
        throw error
    }
}

/// A sink that answers as told, and what it received.
func withSink<T>(
    _ reply: Reply = .ok, _ body: (Sink, Shared<[Received]>) async throws -> T
) async throws -> T {
    let received = Shared<[Received]>([])
    let sink = try await Sink.start { request in
        received.update { $0.append(request) }
        return reply
    }
    do {
        let value = try await body(sink, received)
        await sink.stop()
        return value
    } catch {
        await sink.stop()
        throw error
    }
}

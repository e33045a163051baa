import Bench
import Circuits
import Foundation
import Model
import Postgres
import Requests
import Sink
import Synchronization
import Tenants

/// Half a minute of a destination's life: it works, goes down, is left alone while requests are accepted and held, heals, is
/// probed, ramped up and drained.
struct Story {
    static let perSecond = 40.0
    static let healthy = Duration.seconds(8)
    static let down = Duration.seconds(15)
    /// Longer, and something is wrong.
    static let patience = Duration.seconds(90)

    /// The destination: its state, and what it saw.
    private final class Destination: Sendable {
        private let state = Mutex((isDown: false, calls: 0, arrived: Set<String>()))

        func answer(_ received: Received) -> Reply {
            state.withLock { state in
                if state.isDown {
                    if !received.uri.hasPrefix("/health") { state.calls += 1 }
                } else if let id = received.header("sluice-request-id") {
                    state.arrived.insert(id)
                }
                return state.isDown ? .status(503) : .ok
            }
        }

        func set(isDown: Bool) { state.withLock { $0.isDown = isDown } }
        var callsWhileDown: Int { state.withLock { $0.calls } }
        var arrived: Int { state.withLock { $0.arrived.count } }
    }

    private let sink: Sink
    private let destination: Destination
    private let payloads: [[UInt8]]
    private let start = ContinuousClock.now

    static func start(payloads: [[UInt8]]) async throws -> Story {
        let destination = Destination()
        return Story(
            sink: try await Sink.start { destination.answer($0) }, destination: destination, payloads: payloads)
    }

    private init(sink: Sink, destination: Destination, payloads: [[UInt8]]) {
        self.sink = sink
        self.destination = destination
        self.payloads = payloads
    }

    func stop() async { await sink.stop() }

    /// A tenant, its key, a destination with a circuit for the impatient, and a health check.
    func configure(_ client: Client, secrets: SecretBox) async throws -> (key: APIKey, circuit: CircuitKey) {
        let tenants = TenantStore(client, secrets: secrets)
        let tenant = try await tenants.createTenant(named: "demo")
        let key = APIKey.new()
        try await tenants.createKey(key, label: "demo", tenant: tenant.id, shard: tenant.shard)
        var settings = DestinationSettings(name: "shop", baseURL: sink.url)
        settings.retry.backoff = Backoff(base: .milliseconds(500), cap: .seconds(5))
        let made = try await tenants.putDestination(settings, tenant: tenant.id, shard: tenant.shard)
        try await CircuitStore(client).put(
            .init(["fail_ratio": .number(0.1), "wait_base_s": .number(2), "wait_cap_s": .number(4)]),
            shard: tenant.shard, tenant: tenant.id,
            destination: made.id)
        var check = HealthCheckDefinition(
            shard: tenant.shard, tenant: tenant.id, destination: made.id, kind: .http, target: sink.url + "/health")
        check.overrides = .init(["interval_s": .number(2), "down_s": .number(1), "down_max_s": .number(1)])
        try await HealthStore(client).put(check)
        return (key, CircuitKey(shard: tenant.shard, tenant: tenant.id, destination: made.id))
    }

    /// Tells it, against a gateway that serves at the port. Returns whether all that was accepted was delivered.
    func tell(port: Int, key: APIKey, circuit: CircuitKey, client: Client) async throws -> Bool {
        let circuits = CircuitStore(client)
        say("real payloads flow, \(Int(Self.perSecond)) a second")
        async let load = post(port: port, key: key)
        try await watch(circuits, circuit, for: Self.healthy)

        destination.set(isDown: true)
        let fell = ContinuousClock.now
        say("the destination goes down: it answers 503")
        var opened: Duration?
        var callsBefore = 0
        try await watch(circuits, circuit, for: Self.down) { view in
            if opened == nil, view.state == "open" {
                opened = .now - fell
                callsBefore = destination.callsWhileDown
                say("the circuit is open (\(view.reason)): requests are accepted and held")
            }
            return false
        }

        destination.set(isDown: false)
        let healed = ContinuousClock.now
        say("the destination answers again")
        let sent = try await load
        var last = ""
        var drained: Duration?
        try await watch(circuits, circuit, for: Self.patience) { view in
            if view.state != last { say("the circuit is \(view.state) (\(view.reason))") }
            last = view.state
            if drained == nil, view.waiting == 0, view.inFlight == 0, destination.arrived >= sent {
                drained = .now - healed
            }
            return drained != nil && view.state == "closed"
        }
        let arrived = destination.arrived
        print(
            """

            accepted \(sent), delivered \(arrived), lost \(max(0, sent - arrived))
            calls to the dead destination: \(callsBefore) until the circuit opened, \(destination.callsWhileDown - callsBefore) probes afterwards
            from the first failure to the open circuit: \(opened.map(Self.text) ?? "it did not open")
            from healing to the empty backlog: \(drained.map(Self.text) ?? "it did not empty")
            """)
        return sent == arrived
    }

    /// Returns how many were accepted.
    private func post(port: Int, key: APIKey) async throws -> Int {
        let payloads = payloads
        var load = Load(
            port: port, extent: .duration(Self.healthy + Self.down),
            requests: .each { number in
                Load.post(
                    "/in/shop/hook", headers: ["Sluice-Key: \(key.text)", "Content-Type: application/json"],
                    body: payloads[number % payloads.count])
            })
        load.connections = 8
        load.pace = .open(perSecond: Self.perSecond)
        return try await load.run().statuses[202] ?? 0
    }

    private func watch(
        _ circuits: CircuitStore, _ key: CircuitKey, for duration: Duration,
        until isOver: (CircuitView) -> Bool = { _ in false }
    ) async throws {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            // A line a second: a person reads along.
            try await Task.sleep(for: .seconds(1))
            guard
                let view = try await circuits.show(
                    shard: key.shard, tenant: key.tenant, destination: key.destination
                ).first
            else { return }
            say(
                "  delivered \(destination.arrived), waiting \(view.waiting), under way \(view.inFlight) of \(view.allowed), "
                    + "circuit \(view.state), calls while down \(destination.callsWhileDown)")
            if isOver(view) { return }
        }
    }

    private func say(_ text: String) {
        let stamp = Self.text(ContinuousClock.now - start)
        print(String(repeating: " ", count: max(0, 7 - stamp.count)) + stamp + "  " + text)
    }

    private static func text(_ duration: Duration) -> String {
        let milliseconds = duration.microseconds / 1000
        return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    }
}

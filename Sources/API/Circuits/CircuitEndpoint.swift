import Circuits
import HTTPTypes
import HummingbirdCore
import Logging
import Model
import NIOCore
import Postgres
import Tenants

/// `GET /v1/circuits`, `GET /v1/destinations/{name}/circuit`, and `POST /v1/destinations/{name}/circuit/{command}`.
struct CircuitEndpoint: Sendable {
    /// A command is an object of three members.
    private static let bodyLimit = 4 << 10
    private static let historyLength: Int32 = 20

    let snapshot: @Sendable () -> TenantSnapshot
    let store: CircuitStore
    let bodies: BodyReader
    /// Is told of lanes whose gate a command may have opened.
    let arm: @Sendable (LaneID) -> Void
    let logger: Logger

    func list(_ request: Request) async throws -> Answer {
        let caller = try Credentials.caller(request.headers, in: snapshot(), now: .now)
        let views = try await storage { try await store.show(shard: caller.shard, tenant: caller.tenant) }
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("circuits")
            writer.array { writer in
                for view in views { writer.object { view.write(to: &$0) } }
            }
        }
        return Answer(.ok, json: writer)
    }

    func show(_ request: Request, destination name: Substring) async throws -> Answer {
        try await answer(try find(request, name).key)
    }

    func command(
        _ command: CircuitCommand, _ request: Request, destination name: Substring, on channel: any Channel
    ) async throws -> Answer {
        let (caller, destination, key) = try find(request, name)
        let order = try await bodies.withBody(of: request, limit: Self.bodyLimit, on: channel) { body in
            try CircuitOrder(body, for: command)
        }
        let answer = try await storage {
            try await store.command(
                command.rawValue, key, until: order.until, limit: order.deliveries, actor: "key \(caller.key)",
                note: order.reason)
        }
        guard answer == .done else { throw Problem(answer) }
        arm(destination.lane)
        return try await self.answer(key)
    }

    private func find(
        _ request: Request, _ name: Substring
    ) throws -> (caller: Caller, destination: Destination, key: CircuitKey) {
        let snapshot = snapshot()
        let caller = try Credentials.caller(request.headers, in: snapshot, now: .now)
        guard let destination = snapshot.destination(named: name, of: caller.tenant) else {
            throw Problem.unknownDestination(name)
        }
        return (
            caller, destination,
            CircuitKey(shard: caller.shard, tenant: caller.tenant, destination: destination.id)
        )
    }

    private func answer(_ key: CircuitKey) async throws -> Answer {
        let (views, history) = try await storage {
            async let history = store.history(key, limit: Self.historyLength)
            let views = try await store.show(shard: key.shard, tenant: key.tenant, destination: key.destination)
            return (views, try await history)
        }
        guard let view = views.first else { throw Problem(.notFound, "The circuit is gone.") }
        var writer = JSONWriter()
        writer.object { writer in
            view.write(to: &writer)
            writer.name("history")
            writer.array { writer in
                for record in history { record.write(to: &writer) }
            }
        }
        return Answer(.ok, json: writer)
    }

    private func storage<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch {
            throw Problem(error, logger: logger)
        }
    }
}

extension Problem {
    fileprivate init(_ answer: CircuitStore.Answer) {
        switch answer {
        case .mode: self.init(.circuitState, "The circuit is forced or observed; resume it first.")
        case .notOpen: self.init(.circuitState, "The circuit is not open.")
        case .busy: self.init(.circuitState, "A probe is under way.")
        case .unknown, .done: self.init(.notFound, "The circuit is gone.")
        }
    }
}

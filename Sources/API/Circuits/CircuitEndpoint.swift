package import Circuits
import HTTPTypes
import JSON
import Model
package import Tenants

/// `GET /v1/circuits`, `GET /v1/destinations/{name}/circuit`, and `POST /v1/destinations/{name}/circuit/{command}`.
struct CircuitEndpoint: Sendable {
    private static let historyLength: Int32 = 20

    let store: CircuitStore
    /// Is told of lanes whose gate a command may have opened.
    let arm: @Sendable (LaneID) -> Void

    var routes: [Route] {
        [
            .tenant(.read, .get, "/v1/circuits", list),
            .tenant(.read, .get, "/v1/destinations/{name}/circuit") { call, caller in
                try await answer(try destination(call, caller).circuit)
            },
        ]
            + CircuitCommand.allCases.map { command in
                .tenant(.manage, .post, PathPattern("/v1/destinations/{name}/circuit/\(command.rawValue)")) {
                    try await self.command(command, $0, $1)
                }
            }
    }

    private func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let views = try await store.show(shard: caller.shard, tenant: caller.tenant)
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("circuits")
            writer.array { writer in
                for view in views { writer.object { view.write(to: &$0) } }
            }
        }
        return Answer(.ok, json: writer)
    }

    private func command(_ command: CircuitCommand, _ call: Call, _ caller: Caller) async throws -> Answer {
        let destination = try destination(call, caller)
        let order = try await CircuitOrder(call, for: command)
        let answer = try await store.command(
            command.rawValue, destination.circuit, until: order.until, limit: order.deliveries,
            actor: "key \(caller.key)", note: order.reason)
        guard answer == .done else { throw Problem(answer) }
        for lane in destination.lanes { arm(lane) }
        return try await self.answer(destination.circuit)
    }

    private func answer(_ key: CircuitKey) async throws -> Answer {
        async let history = store.history(key, limit: Self.historyLength)
        let views = try await store.show(shard: key.shard, tenant: key.tenant, destination: key.destination)
        guard let view = views.first else { throw Problem(.notFound, "The circuit is gone.") }
        let records = try await history
        var writer = JSONWriter()
        writer.object { writer in
            view.write(to: &writer)
            writer.name("history")
            writer.array { writer in
                for record in records { record.write(to: &writer) }
            }
        }
        return Answer(.ok, json: writer)
    }
}

/// The destination that the path names. Throws a `Problem`.
func destination(_ call: Call, _ caller: Caller) throws -> Destination {
    guard let destination = call.snapshot.destination(named: call["name"], of: caller.tenant) else {
        throw Problem.unknownDestination(call["name"])
    }
    return destination
}

extension Destination {
    package var circuit: CircuitKey { CircuitKey(shard: lane.shard, tenant: tenant, destination: id) }
}

extension Problem {
    /// Of a command that was not obeyed.
    package init(_ answer: CircuitStore.Answer) {
        switch answer {
        case .mode: self.init(.circuitState, "The circuit is forced or observed; resume it first.")
        case .notOpen: self.init(.circuitState, "The circuit is not open.")
        case .busy: self.init(.circuitState, "A probe is under way.")
        case .unknown, .done: self.init(.notFound, "The circuit is gone.")
        }
    }
}

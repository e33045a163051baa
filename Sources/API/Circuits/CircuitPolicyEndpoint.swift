import Circuits
import Foundation
import HTTPTypes
import JSON
import Model
import Tenants

/// What a tenant lays over the gateway's circuit policy: `GET` and `PUT /v1/circuit-policy`, for all of its destinations,
/// and `/v1/destinations/{name}/circuit/policy`, over that, for one.
struct CircuitPolicyEndpoint: Sendable {
    let store: CircuitStore

    var routes: [Route] {
        [
            .tenant(.read, .get, "/v1/circuit-policy") { call, caller in try await answer(caller, nil) },
            .tenant(.manage, .put, "/v1/circuit-policy") { call, caller in try await put(call, caller, nil) },
            .tenant(.read, .get, "/v1/destinations/{name}/circuit/policy") { call, caller in
                try await answer(caller, try destination(call, caller))
            },
            .tenant(.manage, .put, "/v1/destinations/{name}/circuit/policy") { call, caller in
                try await put(call, caller, try destination(call, caller))
            },
        ]
    }

    private func put(_ call: Call, _ caller: Caller, _ destination: Destination?) async throws -> Answer {
        let overrides = try await call.withBody(limit: 16 << 10) { body in
            var scanner = try JSONScanner(body)
            let overrides: CircuitPolicy.Overrides = try scanner.overrides("The policy")
            try scanner.requireEnd()
            return overrides
        }
        do {
            try await store.put(
                overrides, shard: caller.shard, tenant: caller.tenant, destination: destination?.id)
        } catch let error as PolicyError {
            throw Problem(error)
        }
        return try await answer(caller, destination)
    }

    private func answer(_ caller: Caller, _ destination: Destination?) async throws -> Answer {
        let all = try await store.overrides(shard: caller.shard, tenant: caller.tenant)
        let own = all.layer(of: caller.tenant, destination?.circuit)
        let inForce =
            destination.map {
                all.policy($0.circuit, timeout: $0.settings.timeout, maxInFlight: Int($0.settings.maxInFlight))
            } ?? (try? CircuitPolicy().applying(own)) ?? CircuitPolicy()
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("overrides")
            writer.parameters(own.values)
            writer.name("in_force")
            writer.parameters(inForce.values)
        }
        return Answer(.ok, json: writer)
    }
}

extension JSONScanner {
    /// Reads what one layer sets of a policy. Throws a `Problem` where it is no object of numbers and booleans.
    mutating func overrides<P: Policy>(_ what: String) throws -> PolicyOverrides<P> {
        guard let layer = try? JSONDecoder().decode(PolicyOverrides<P>.self, from: Data(copy(try skip()))) else {
            throw Problem(.invalidRequest, "\(what) must be an object of numbers and booleans.")
        }
        return layer
    }
}

extension JSONWriter {
    mutating func parameters(_ values: [String: PolicyValue]) {
        object { writer in
            for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                writer.name(name)
                switch value {
                case .number(let number): writer.number(number)
                case .flag(let flag): writer.bool(flag)
                }
            }
        }
    }
}

extension Problem {
    init(_ error: PolicyError) {
        self.init(.invalidRequest, error.problems.map { "\($0)." }.joined(separator: " "))
    }
}

import Circuits
import HTTPTypes
import JSON
import Model
import Postgres
import Tenants

/// The health checks of a destination: `GET` and `POST /v1/destinations/{name}/health-checks`, `GET`, `PUT` and `DELETE`
/// `.../{id}`.
struct HealthCheckEndpoint: Sendable {
    private static let all: PathPattern = "/v1/destinations/{name}/health-checks"
    private static let one: PathPattern = "/v1/destinations/{name}/health-checks/{id}"

    let store: HealthStore

    var routes: [Route] {
        [
            .tenant(.read, .get, Self.all, list), .tenant(.manage, .post, Self.all, create),
            .tenant(.read, .get, Self.one) { call, caller in
                let destination = try destination(call, caller)
                return try answer(.ok, try await find(call, destination))
            },
            .tenant(.manage, .put, Self.one, replace), .tenant(.manage, .delete, Self.one, delete),
        ]
    }

    private func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let records = try await records(try destination(call, caller))
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("health_checks")
            writer.array { writer in
                for record in records { record.write(to: &writer) }
            }
        }
        return Answer(.ok, json: writer)
    }

    private func create(_ call: Call, _ caller: Caller) async throws -> Answer {
        let destination = try destination(call, caller)
        let id = HealthCheckID.new()
        try await put(id, call, destination)
        let record = try await records(destination).first { $0.definition.id == id }
        var answer = try answer(.created, record)
        answer.head.headerFields[.location] = "/v1/destinations/\(destination.settings.name)/health-checks/\(id)"
        return answer
    }

    private func replace(_ call: Call, _ caller: Caller) async throws -> Answer {
        let destination = try destination(call, caller)
        let known = try await find(call, destination)
        try await put(known.definition.id, call, destination)
        return try answer(.ok, try await find(call, destination))
    }

    private func delete(_ call: Call, _ caller: Caller) async throws -> Answer {
        let destination = try destination(call, caller)
        let key = destination.circuit
        guard let id = HealthCheckID(call["id"]),
            try await store.delete(id, of: key.destination, tenant: key.tenant, shard: key.shard)
        else { throw Self.unknown }
        return Answer.noContent
    }

    private func put(_ id: HealthCheckID, _ call: Call, _ destination: Destination) async throws {
        let definition = try await HealthCheckDefinition(id, of: destination, call)
        do {
            try await store.put(definition)
        } catch let error as PolicyError {
            throw Problem(error)
        }
    }

    private func records(_ destination: Destination) async throws -> [HealthRecord] {
        let key = destination.circuit
        return try await store.list(of: key.destination, tenant: key.tenant, shard: key.shard)
    }

    private func find(_ call: Call, _ destination: Destination) async throws -> HealthRecord {
        guard let id = HealthCheckID(call["id"]),
            let record = try await records(destination).first(where: { $0.definition.id == id })
        else { throw Self.unknown }
        return record
    }

    private func answer(_ status: HTTPResponse.Status, _ record: HealthRecord?) throws -> Answer {
        guard let record else { throw Self.unknown }
        var writer = JSONWriter()
        record.write(to: &writer)
        return Answer(status, json: writer)
    }

    private static var unknown: Problem { Problem(.notFound, "The destination has no such health check.") }
}

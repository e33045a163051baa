import HTTPTypes
import Model
import Requests
import Tenants

/// `GET /v1/requests/{id}`: a request with its deliveries and their attempts.
struct RequestEndpoint: Sendable {
    let reader: RequestReader

    var routes: [Route] { [.tenant(.read, .get, "/v1/requests/{id}", show)] }

    private func show(_ call: Call, _ caller: Caller) async throws -> Answer {
        guard let id = RequestID(call["id"]),
            let record = try await reader.find(id, tenant: caller.tenant, shard: caller.shard)
        else { throw Problem(.notFound, "This tenant has no such request.") }
        var writer = JSONWriter()
        record.write(to: &writer)
        return Answer(.ok, json: writer)
    }
}

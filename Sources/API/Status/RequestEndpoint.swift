import HTTPTypes
import HummingbirdCore
import Logging
import Model
import Postgres
import Requests
import Tenants

/// `GET /v1/requests/{id}`: a request with its deliveries and their attempts.
struct RequestEndpoint: Sendable {
    let snapshot: @Sendable () -> TenantSnapshot
    let reader: RequestReader
    let logger: Logger

    func respond(to request: Request, id: Substring) async throws -> Answer {
        let caller = try Credentials.caller(request.headers, in: snapshot(), now: .now)
        guard let id = RequestID(id), let record = try await find(id, caller) else {
            throw Problem(.notFound, "This tenant has no such request.")
        }
        var writer = JSONWriter()
        record.write(to: &writer)
        return Answer(.ok, json: writer)
    }

    private func find(_ id: RequestID, _ caller: Caller) async throws -> RequestRecord? {
        do {
            return try await reader.find(id, tenant: caller.tenant, shard: caller.shard)
        } catch {
            throw Problem(error, logger: logger)
        }
    }
}

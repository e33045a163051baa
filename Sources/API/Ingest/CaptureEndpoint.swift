import HTTPTypes
import HummingbirdCore
import Logging
import Model
import NIOCore
import Postgres
import Requests
import Tenants

/// `ANY /in/{destination}/{path}`: stores the request as it came. The hot path: nothing here parses, logs or copies
/// what it need not.
struct CaptureEndpoint: Sendable {
    let configuration: APIConfiguration
    let snapshot: @Sendable () -> TenantSnapshot
    let bodies: BodyReader
    let store: RequestStore
    let logger: Logger

    /// `target` begins with `/in/`.
    func respond(to request: Request, target: String, on channel: any Channel) async throws -> Response {
        let now = Timestamp.now
        let snapshot = snapshot()
        let fields = request.headers
        let caller = try Credentials.caller(fields, in: snapshot, now: now)
        guard CaptureTarget.isClean(target) else {
            throw Problem(.invalidRequest, "The URL has bytes that must be percent-encoded.")
        }
        let capture = CaptureTarget(target)
        guard let destination = snapshot.destination(named: capture.destination, of: caller.tenant) else {
            throw Problem.unknownDestination(capture.destination)
        }
        let schedule = try Schedule(deliverAt: fields[.deliverAt], expiresAt: fields[.expiresAt], now: now) {
            Problem(.invalidRequest, "Sluice-Deliver-At, Sluice-Expires-At: " + $0)
        }
        let key = try fields[.idempotencyKey].map { field in
            guard let key = IdempotencyKey(field: field) else {
                throw Problem(.invalidRequest, "Idempotency-Key must be a string in quotes, of 1 to 255 bytes.")
            }
            return key
        }
        let lines = try KeptFields.lines(fields)
        let id = RequestID.new()
        return try await bodies.withBody(of: request, limit: configuration.bodyLimit, on: channel) { body in
            let new = NewRequest(
                id: id, tenant: caller.tenant, destination: destination.id, lane: destination.lane,
                method: request.method.asSent, path: String(capture.path), query: capture.query.map { String($0) },
                headers: lines, body: body, dueAt: schedule.dueAt, expiresAt: schedule.expiresAt, key: key)
            do {
                let outcome = try await store.store(new, within: configuration.storeDeadline)
                return try Acceptance(outcome, of: id).response
            } catch {
                throw Problem(error, storing: id, logger: logger)
            }
        }
    }
}

extension HTTPRequest.Method {
    /// NIO knows M-SEARCH and spells it without its hyphen; a method of that spelling it does not know.
    fileprivate var asSent: String { rawValue == "MSEARCH" ? "M-SEARCH" : rawValue }
}

extension NewRequest {
    init(
        id: RequestID, tenant: TenantID, destination: DestinationID, lane: LaneID, method: String, path: String,
        query: String?, headers: HeaderLines, body: [UInt8], dueAt: Timestamp?, expiresAt: Timestamp?,
        key: IdempotencyKey?
    ) {
        self.init(
            id: id, tenant: tenant, destination: destination, lane: lane, method: method, path: path, query: query,
            headers: headers, body: body, dueAt: dueAt, expiresAt: expiresAt,
            idempotency: key.map {
                Idempotency($0, destination: destination, method: method, path: path, query: query, body: body)
            })
    }
}

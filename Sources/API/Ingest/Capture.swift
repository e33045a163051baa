import HTTPTypes
import Model
import NIOCore
import Postgres
import Requests
import Tenants

/// A request on its way in through `/in/`, whose head has been accepted.
struct Capture {
    let id = RequestID.new()
    private let method: String
    private let target: CaptureTarget
    private let destination: Destination
    private let schedule: Schedule
    private let key: IdempotencyKey?
    private let orderingKey: OrderingKey?
    private let lines: HeaderLines
    private let limit: Int
    let allowance: RateAllowance?
    /// How long the caller would wait for the outcome.
    let preference: Preference?
    private var body: [UInt8] = []

    /// Throws a `Problem`.
    ///
    /// - Parameters:
    ///   - head: its target begins with `/in/`.
    ///   - bodyLimit: bytes of the body, where the tenant may not send less.
    init(
        _ head: HTTPRequest, snapshot: TenantSnapshot, access: Access, limits: IngestLimits, bodyLimit: Int
    ) throws {
        let now = Timestamp.now
        let (target, fields) = (head.path ?? "", head.headerFields)
        let (caller, tenant) = try Credentials.caller(fields, in: snapshot, now: now, for: .ingest)
        access.uses.note(caller, at: now)
        guard CaptureTarget.isClean(target) else {
            throw Problem(.invalidRequest, "The URL has bytes that must be percent-encoded.")
        }
        self.target = CaptureTarget(target)
        guard let destination = snapshot.destination(named: self.target.destination, of: caller.tenant) else {
            throw Problem.unknownDestination(self.target.destination)
        }
        self.destination = destination
        schedule = try Schedule(deliverAt: fields[.deliverAt], expiresAt: fields[.expiresAt], now: now) {
            Problem(.invalidRequest, "Sluice-Deliver-At, Sluice-Expires-At: " + $0)
        }
        key = try fields[.idempotencyKey].map { field in
            guard let key = IdempotencyKey(field: field) else {
                throw Problem(.invalidRequest, "Idempotency-Key must be a string in quotes, of 1 to 255 bytes.")
            }
            return key
        }
        orderingKey = try fields[.orderingKey].map { field in
            guard !field.isLossy, let key = OrderingKey(field) else {
                throw Problem(.invalidRequest, "Sluice-Ordering-Key must be of 1 to 255 bytes, in UTF-8.")
            }
            return key
        }
        preference = fields[.prefer].flatMap { Preference(prefer: $0) }
        lines = try KeptFields.lines(fields)
        method = head.method.asSent
        limit = tenant.quotas.bodyLimit(bodyLimit)
        let length = head.contentLength ?? 0
        guard length <= limit else { throw Problem.payloadTooLarge(limit: limit) }
        allowance = try limits.take(1, of: tenant)
        body.reserveCapacity(length)
    }

    /// Throws a `Problem` where the body has become too large.
    mutating func append(_ part: ByteBuffer) throws {
        guard body.count + part.readableBytes <= limit else { throw Problem.payloadTooLarge(limit: limit) }
        body.append(contentsOf: part.readableBytesView)
    }

    /// With the body as it is now.
    var request: NewRequest {
        NewRequest(
            id: id, tenant: destination.tenant, destination: destination.id,
            lane: destination.lane(of: id, orderedBy: orderingKey), method: method, path: String(target.path),
            query: target.query.map { String($0) }, headers: lines, body: body, dueAt: schedule.dueAt,
            expiresAt: schedule.expiresAt, key: key)
    }
}

extension HTTPRequest.Method {
    /// NIO knows M-SEARCH and spells it without its hyphen; a method of that spelling it does not know.
    fileprivate var asSent: String { rawValue == "MSEARCH" ? "M-SEARCH" : rawValue }
}

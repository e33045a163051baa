import HTTPTypes
import Model
import NIOCore
import Postgres
import Requests
import Tenants

/// A request on its way in through `/in/`, whose head has been accepted.
struct Capture: DirectIntake {
    enum Sender {
        /// Who has shown a key.
        case caller(Destination, Schedule, IdempotencyKey?, OrderingKey?)
        /// Who has yet to be verified.
        case source(Inbound)
    }

    let id = RequestID.new()
    let method: String
    let target: CaptureTarget
    let sender: Sender
    let lines: HeaderLines
    private let limit: Int
    /// Of a caller: what a source's sender takes is counted when it is verified.
    let allowance: RateAllowance?
    /// How long the caller would wait for the outcome.
    let preference: Preference?
    private(set) var body: [UInt8] = []

    /// Throws a `Problem`.
    ///
    /// - Parameters:
    ///   - head: its target begins with `/in/`.
    ///   - bodyLimit: bytes of the body, where the tenant may not send less.
    init(
        _ head: HTTPRequest, snapshot: TenantSnapshot, access: Access, limits: IngestLimits, bodyLimit: Int
    ) throws {
        let now = Timestamp.now
        let fields = head.headerFields
        target = CaptureTarget(head.path ?? "")
        let tenant: Tenant
        if let token = target.sourceToken {
            let inbound = try Inbound(token, fields, in: snapshot, uses: access.flagUses, now: now)
            try CaptureTarget.requireClean(head.path ?? "")
            (sender, tenant) = (.source(inbound), inbound.tenant)
            preference = nil
        } else {
            let caller: Caller
            (caller, tenant) = try Credentials.caller(fields, in: snapshot, now: now, for: .ingest)
            access.uses.note(caller, at: now)
            try snapshot.requireIngest(tenant, now: now)
            try CaptureTarget.requireClean(head.path ?? "")
            sender = try .caller(target.destination, of: caller, fields, in: snapshot, now: now)
            preference = Preference(fields, of: tenant, in: snapshot, now: now)
        }
        lines = try KeptFields.lines(fields, isKeyed: !sender.isSource)
        method = head.method.asSent
        limit = tenant.quotas.bodyLimit(bodyLimit)
        let length = head.contentLength ?? 0
        guard length <= limit else { throw Problem.payloadTooLarge(limit: limit) }
        allowance = sender.isSource ? nil : try limits.take(1, of: tenant)
        body.reserveCapacity(length)
    }

    mutating func append(_ part: ByteBuffer) throws {
        guard body.count + part.readableBytes <= limit else { throw Problem.payloadTooLarge(limit: limit) }
        body.append(contentsOf: part.readableBytesView)
    }

    /// With the body as it is now. Throws a `Problem` where a source's sender can't be verified.
    func request() throws -> NewRequest {
        switch sender {
        case .source(let inbound): try inbound.request(self, now: .now)
        case .caller(let destination, let schedule, let key, let orderingKey):
            NewRequest(
                id: id, tenant: destination.tenant, addressee: destination.addressee(of: id, orderedBy: orderingKey),
                method: method, path: String(target.path), query: target.query.map { String($0) }, headers: lines,
                body: body, dueAt: schedule.dueAt, expiresAt: schedule.expiresAt, key: key)
        }
    }
}

extension Capture.Sender {
    var isSource: Bool { if case .source = self { true } else { false } }

    fileprivate static func caller(
        _ name: Substring, of caller: Caller, _ fields: HTTPFields, in snapshot: TenantSnapshot, now: Timestamp
    ) throws -> Self {
        guard let destination = snapshot.destination(named: name, of: caller.tenant) else {
            throw Problem.unknownDestination(name)
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
        let orderingKey = try fields[.orderingKey].map { field in
            guard !field.isLossy, let key = OrderingKey(field) else {
                throw Problem(.invalidRequest, "Sluice-Ordering-Key must be of 1 to 255 bytes, in UTF-8.")
            }
            return key
        }
        return .caller(destination, schedule, key, orderingKey)
    }
}

extension HTTPRequest.Method {
    /// NIO knows M-SEARCH and spells it without its hyphen; a method of that spelling it does not know.
    fileprivate var asSent: String { rawValue == "MSEARCH" ? "M-SEARCH" : rawValue }
}

import HTTPTypes
import HummingbirdCore
import Tenants

/// `POST /v1/requests`: stores what one envelope or a batch of them says.
struct RequestsEndpoint: Sendable {
    let configuration: APIConfiguration
    let limits: IngestLimits
    let requests: RequestIntake

    private enum Form {
        case json, lines

        init?(_ fields: HTTPFields) {
            switch fields.mediaType {
            case "application/json": self = .json
            case "application/x-ndjson": self = .lines
            default: return nil
            }
        }
    }

    var routes: [Route] { [.tenant(.ingest, .post, "/v1/requests", respond)] }

    private func respond(to call: Call, _ caller: Caller) async throws -> Answer {
        guard let form = Form(call.request.headers) else {
            throw Problem(.unsupportedMediaType, "Send application/json or application/x-ndjson.")
        }
        try call.requireIngest(caller)
        let intake = EnvelopeIntake(
            configuration: configuration, snapshot: call.snapshot, caller: caller, now: call.now,
            uses: call.access.flagUses, fields: call.request.headers)
        return try await call.withBody(limit: configuration.batchBodyLimit) { body in
            if form == .json, !body.isArray {
                let request = try intake.request(body, body.indices)
                let allowance = try limits.take(1, of: call, caller)
                limits.note([.success(request)], of: call, caller)
                let preference = Preference(call, caller)
                return try await requests.respond(toOne: request, preference).telling(allowance)
            }
            let limit = configuration.batchItemLimit
            let items = try form == .json ? Batch.array(body, limit: limit) : Batch.lines(body, limit: limit)
            guard !items.isEmpty else { throw Problem(.invalidRequest, "The batch is empty.") }
            let allowance = try limits.take(items.count, of: call, caller)
            let made = items.map { item in Result { try intake.request(body, item) } }
            limits.note(made, of: call, caller)
            return await requests.respond(toBatch: made).telling(allowance)
        }
    }
}

extension [UInt8] {
    /// Whether it begins as a JSON array does.
    fileprivate var isArray: Bool {
        first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d } == UInt8(ascii: "[")
    }
}

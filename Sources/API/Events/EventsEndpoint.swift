import HTTPTypes
import HummingbirdCore
import Requests
import Tenants

/// `POST /v1/events`: stores CloudEvents 1.0, in each of the modes of their HTTP binding.
struct EventsEndpoint: Sendable {
    let configuration: APIConfiguration
    let limits: IngestLimits
    let requests: RequestIntake

    private enum Mode {
        case binary
        case structured(contentType: String)
        case batched

        /// Throws a `Problem`. The content type goes before the headers, as the binding has it.
        init(_ fields: HTTPFields) throws {
            switch fields.mediaType {
            case CloudEvent.mediaType:
                let type = fields[.contentType] ?? CloudEvent.mediaType
                guard !type.isLossy else { throw CloudEvent.refusal("Content-Type is not UTF-8.") }
                self = .structured(contentType: type)
            case "application/cloudevents-batch+json": self = .batched
            case let type? where type.hasPrefix("application/cloudevents"):
                throw Problem(.unsupportedMediaType, "Of the event formats JSON is taken, not \(type.prefix(80)).")
            case _ where CloudEvent.isBinary(fields): self = .binary
            default:
                throw Problem(
                    .unsupportedMediaType,
                    "Send application/cloudevents+json, application/cloudevents-batch+json, or the header ce-specversion with any type."
                )
            }
        }
    }

    var routes: [Route] { [.tenant(.ingest, .post, "/v1/events", respond)] }

    private func respond(to call: Call, _ caller: Caller) async throws -> Answer {
        let fields = call.request.headers
        try call.requireIngest(caller)
        let intake = EventIntake(
            configuration: configuration, snapshot: call.snapshot, caller: caller, uses: call.access.flagUses,
            fields: fields)
        switch try Mode(fields) {
        case .binary:
            return try await respond(to: call, caller, intake) { try CloudEvent(fields, body: $0) }
        case .structured(let contentType):
            return try await respond(to: call, caller, intake) {
                try CloudEvent($0, $0.indices, contentType: contentType)
            }
        case .batched: return try await respond(toBatch: call, caller, intake)
        }
    }

    private func respond(
        to call: Call, _ caller: Caller, _ intake: EventIntake, _ event: ([UInt8]) throws -> CloudEvent
    ) async throws -> Answer {
        let preference = Preference(call, caller)
        return try await call.withBody(limit: intake.eventLimit) { body in
            let request = try intake.request(try event(body))
            let allowance = try limits.take(1, of: call, caller)
            limits.note([.success(request)], of: call, caller)
            return try await requests.respond(toOne: request, preference).telling(allowance)
        }
    }

    /// An empty batch is one too.
    private func respond(toBatch call: Call, _ caller: Caller, _ intake: EventIntake) async throws -> Answer {
        try await call.withBody(limit: configuration.batchBodyLimit) { body in
            let items = try Batch.array(body, limit: configuration.batchItemLimit)
            let allowance = try limits.take(items.count, of: call, caller)
            let made = items.map { item in Result { try intake.request(body, item) } }
            limits.note(made, of: call, caller)
            return await requests.respond(toBatch: made).telling(allowance)
        }
    }
}

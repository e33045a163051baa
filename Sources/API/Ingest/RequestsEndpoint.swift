import HTTPTypes
import HummingbirdCore
import JSON
import Logging
import Model
import NIOCore
import Postgres
import Requests
import Tenants

/// `POST /v1/requests`: stores what one envelope or a batch of them says.
struct RequestsEndpoint: Sendable {
    let configuration: APIConfiguration
    let limits: IngestLimits
    let store: RequestStore
    let waiting: OutcomeWaiting
    let logger: Logger

    private enum Form {
        case json, lines

        init?(_ contentType: String?) {
            let type = contentType?.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
            switch type {
            case "application/json": self = .json
            case "application/x-ndjson": self = .lines
            default: return nil
            }
        }
    }

    var routes: [Route] { [.tenant(.ingest, .post, "/v1/requests", respond)] }

    private func respond(to call: Call, _ caller: Caller) async throws -> Answer {
        guard let form = Form(call.request.headers[.contentType]) else {
            throw Problem(.unsupportedMediaType, "Send application/json or application/x-ndjson.")
        }
        let intake = EnvelopeIntake(
            configuration: configuration, snapshot: call.snapshot, caller: caller, now: call.now)
        return try await call.withBody(limit: configuration.batchBodyLimit) { body in
            if form == .json, !body.isArray {
                let request = try intake.request(body, body.indices)
                let allowance = try limits.take(1, of: call, caller)
                let preference = call.request.headers[.prefer].flatMap { Preference(prefer: $0) }
                return try await respond(toOne: request, preference).telling(allowance)
            }
            let limit = configuration.batchItemLimit
            let items = try form == .json ? Batch.array(body, limit: limit) : Batch.lines(body, limit: limit)
            guard !items.isEmpty else { throw Problem(.invalidRequest, "The batch is empty.") }
            let allowance = try limits.take(items.count, of: call, caller)
            return await respond(toBatch: items.map { item in Result { try intake.request(body, item) } })
                .telling(allowance)
        }
    }

    private func respond(toOne request: NewRequest, _ preference: Preference?) async throws -> Answer {
        guard let preference else { return try await accept(request).answer }
        let (awaited, isAwaited) = waiting.enter(request)
        guard isAwaited else { return try await accept(request).answer }
        let acceptance: Acceptance
        do {
            acceptance = try await accept(awaited)
        } catch {
            waiting.waiters.leave(request.id)
            throw error
        }
        return await waiting.answer(acceptance, to: request, preference)
    }

    private func accept(_ request: NewRequest) async throws -> Acceptance {
        do {
            return try Acceptance(
                try await store.store(request, within: configuration.storeDeadline), of: request.id)
        } catch {
            throw Problem(error, storing: request.id, logger: logger)
        }
    }

    /// One bad item changes nothing for the others.
    private func respond(toBatch items: [Result<NewRequest, any Error>]) async -> Answer {
        let results = await storeAll(items)
        var writer = JSONWriter()
        var areAllStored = true
        writer.object { writer in
            writer.name("results")
            writer.array { writer in
                for result in results {
                    switch result {
                    case .success(let acceptance): acceptance.write(to: &writer)
                    case .failure(let problem):
                        areAllStored = false
                        problem.write(to: &writer)
                    }
                }
            }
        }
        return Answer(areAllStored ? .accepted : HTTPResponse.Status(code: 207), json: writer)
    }

    /// In the order of the items, which share their commits.
    private func storeAll(_ items: [Result<NewRequest, any Error>]) async -> [Result<Acceptance, Problem>] {
        let requests = items.compactMap { try? $0.get() }
        var outcomes = await store.storeAll(requests, within: configuration.storeDeadline).makeIterator()
        return items.map { item in
            var id: RequestID?
            do {
                let request = try item.get()
                id = request.id
                guard let outcome = outcomes.next() else { preconditionFailure("an outcome for each request") }
                return .success(try Acceptance(try outcome.get(), of: request.id))
            } catch {
                return .failure(Problem(error, storing: id, logger: logger))
            }
        }
    }
}

extension [UInt8] {
    /// Whether it begins as a JSON array does.
    fileprivate var isArray: Bool {
        first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d } == UInt8(ascii: "[")
    }
}

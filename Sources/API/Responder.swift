import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore

/// Answers all requests but captures.
struct Responder: Sendable {
    let requests: RequestsEndpoint
    let request: RequestEndpoint
    let circuits: CircuitEndpoint
    let isReady: @Sendable () async -> Bool
    let logger: Logger

    /// nil where nothing must be written any more.
    func respond(to request: Request, on channel: any Channel) async -> Response? {
        let answer: Answer
        do {
            answer = try await self.answer(request, on: channel)
        } catch is BrokenBody {
            return nil
        } catch  where error is ChannelError || error is IOError {
            logger.trace("connection lost", metadata: ["error": "\(error)"])
            return nil
        } catch {
            answer = Problem(error, logger: logger).answer
        }
        return request.method == .head ? answer.response.createHeadResponse() : answer.response
    }

    private func answer(_ request: Request, on channel: any Channel) async throws -> Answer {
        guard let resource = Resource(path: (request.head.path ?? "").prefix { $0 != "?" }) else {
            throw Problem(.notFound, "There is no such resource.")
        }
        guard resource.methods.contains(request.method) else {
            throw Problem.methodNotAllowed(resource.methods.map(\.rawValue).joined(separator: ", "))
        }
        switch resource {
        case .requests: return try await requests.respond(to: request, on: channel)
        case .request(let id): return try await self.request.respond(to: request, id: id)
        case .circuits: return try await circuits.list(request)
        case .circuit(let destination): return try await circuits.show(request, destination: destination)
        case .command(let command, let destination):
            return try await circuits.command(command, request, destination: destination, on: channel)
        case .live: return Self.ok
        case .ready:
            guard await isReady() else {
                throw Problem(.notReady, "The database can't be reached, or is not set up.").retry(after: 1)
            }
            return Self.ok
        }
    }

    private static var ok: Answer {
        Answer(.ok, [.contentType: "text/plain; charset=utf-8"], body: ByteBuffer(string: "ok\n"))
    }
}

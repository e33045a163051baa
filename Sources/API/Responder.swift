import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore

/// Answers requests: captures first and by their prefix, the rest by a table.
struct Responder: Sendable {
    let capture: CaptureEndpoint
    let requests: RequestsEndpoint
    let request: RequestEndpoint
    let isReady: @Sendable () async -> Bool
    let logger: Logger

    /// nil where nothing must be written any more.
    func respond(to request: Request, on channel: any Channel) async -> Response? {
        let response: Response
        do {
            response = try await answer(request, on: channel)
        } catch is BrokenBody {
            return nil
        } catch let error as ChannelError {
            logger.trace("connection lost", metadata: ["error": "\(error)"])
            return nil
        } catch let error as IOError {
            logger.trace("connection lost", metadata: ["error": "\(error)"])
            return nil
        } catch {
            response = Problem(error, logger: logger).response
        }
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(_ request: Request, on channel: any Channel) async throws -> Response {
        let target = request.head.path ?? ""
        if target.utf8.starts(with: CaptureTarget.prefix.utf8), request.method != .connect {
            return try await capture.respond(to: request, target: target, on: channel)
        }
        guard let resource = Resource(path: target.prefix { $0 != "?" }) else {
            throw Problem(.notFound, "There is no such resource.")
        }
        guard resource.methods.contains(request.method) else {
            throw Problem.methodNotAllowed(resource.methods.map(\.rawValue).joined(separator: ", "))
        }
        switch resource {
        case .requests: return try await requests.respond(to: request, on: channel)
        case .request(let id): return try await self.request.respond(to: request, id: id)
        case .live: return Self.ok
        case .ready:
            guard await isReady() else {
                throw Problem(.notReady, "The database can't be reached, or is not set up.").retry(after: 1)
            }
            return Self.ok
        }
    }

    private static var ok: Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "ok\n")))
    }
}

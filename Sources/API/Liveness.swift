import HTTPTypes
import NIOCore

/// `GET /livez`: the process is alive. `GET /readyz`: it can store requests, and is not about to end.
struct Liveness: Sendable {
    let draining: Draining
    let isReady: @Sendable () async -> Bool

    var routes: [Route] {
        [
            .open(.get, "/livez") { _ in Self.ok },
            .open(.get, "/readyz") { _ in
                guard !draining.isUnderWay else {
                    throw Problem(.notReady, "The process is about to end.").retry(after: 1)
                }
                guard await isReady() else {
                    throw Problem(.notReady, "The database can't be reached, or is not set up.").retry(after: 1)
                }
                return Self.ok
            },
        ]
    }

    private static var ok: Answer {
        Answer(.ok, [.contentType: "text/plain; charset=utf-8"], body: ByteBuffer(string: "ok\n"))
    }
}

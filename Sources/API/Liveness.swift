import HTTPTypes
import NIOCore

/// `GET /livez`: the process is alive. `GET /readyz`: it can store requests.
struct Liveness: Sendable {
    let isReady: @Sendable () async -> Bool

    var routes: [Route] {
        [
            .open(.get, "/livez") { _ in Self.ok },
            .open(.get, "/readyz") { _ in
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

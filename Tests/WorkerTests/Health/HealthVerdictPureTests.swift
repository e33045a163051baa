import Circuits
import Glibc
import Model
import NIOCore
import Testing

@testable import Worker

struct HealthVerdictPureTests {
    /// What this machine lacks says nothing of the destination.
    @Test(arguments: [
        (EMFILE, HealthCheck.Result.notRun), (ENFILE, .notRun), (ENOBUFS, .notRun), (ENOMEM, .notRun),
        (EADDRNOTAVAIL, .notRun), (ECONNREFUSED, .failure(status: nil)), (ECONNRESET, .failure(status: nil)),
        (ENETUNREACH, .failure(status: nil)),
    ])
    func ofTheSystem(_ code: CInt, _ result: HealthCheck.Result) {
        #expect(HealthCheck.Result(AttemptFailure(IOError(errnoCode: code, reason: "connect"))) == result)
    }

    @Test(arguments: AttemptClass.allCases)
    func ofAClass(_ attemptClass: AttemptClass) {
        let isVerdict = ![.returned, .unsendable, .resolverFailed, .blocked].contains(attemptClass)
        let result = HealthCheck.Result(AttemptFailure(attemptClass, ""))
        #expect(result == (isVerdict ? .failure(status: nil) : .notRun))
    }

    @Test(
        arguments: [
            ("host:80", "host", 80), ("10.0.0.1:65535", "10.0.0.1", 65_535), ("[::1]:443", "::1", 443),
        ] as [(String, String, Int)])
    func endpoints(_ target: String, _ host: String, _ port: Int) throws {
        let endpoint = try #require(Endpoint(target))
        #expect(endpoint.host == host && endpoint.port == port)
        #expect(endpoint.serverName == (host == "host" ? "host" : nil))
    }

    @Test(arguments: ["", ":", "host", "host:", ":80", "host:0", "host:65536", "host:-1", "::1:443", "[]:1", "host:8o"])
    func noEndpoints(_ target: String) { #expect(Endpoint(target) == nil) }
}

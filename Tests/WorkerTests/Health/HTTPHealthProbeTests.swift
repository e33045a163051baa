import Circuits
import Model
import Sink
import TestSupport
import Testing

@testable import Worker

struct HTTPHealthProbeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reply: Reply
        let result: HealthCheck.Result
        let exchange: HTTPExchange
        var isWaitedFor = false

        init(
            _ name: String, _ reply: Reply, _ result: HealthCheck.Result, isWaitedFor: Bool = false,
            _ adjust: (inout HTTPExchange) -> Void = { _ in }
        ) {
            testDescription = name
            self.reply = reply
            self.result = result
            self.isWaitedFor = isWaitedFor
            var exchange = HTTPExchange()
            adjust(&exchange)
            self.exchange = exchange
        }
    }

    @Test(arguments: [
        Case("answers", .ok, .success),
        Case("any 2xx will do", .status(299), .success),
        Case("fails", .status(500), .failure(status: 500)),
        Case("is missing", .status(404), .failure(status: 404)),
        Case("redirects", Reply(status: 302, headers: [("Location", "/")]), .failure(status: 302)),
        Case("answers as wanted", .status(401), .success) { $0.statuses = [200, 401] },
        Case("answers well, but not as wanted", .ok, .failure(status: 200)) { $0.statuses = [204] },
        Case("says so", Reply(body: Array("all gr\u{fc}n".utf8)), .success) { $0.bodyContains = "gr\u{fc}n" },
        // The same character to a reader, other bytes.
        Case("says something else", Reply(body: Array("gru\u{308}n".utf8)), .failure(status: 200)) {
            $0.bodyContains = "gr\u{fc}n"
        },
        Case("says nothing", .status(204), .failure(status: 204)) { $0.bodyContains = "ok" },
        Case("says so within 64 KiB", long(before: 65_534), .success) { $0.bodyContains = "ok" },
        Case("says so too late", long(before: 65_535), .failure(status: 200)) { $0.bodyContains = "ok" },
        Case("never ends its body", .endlessBody, .success) { $0.bodyContains = "~~" },
        Case("resets", .reset, .failure(status: nil)),
        Case("speaks no HTTP", .garbage, .failure(status: nil)),
        Case("hangs before the head", .hang, .failure(status: nil), isWaitedFor: true),
        Case("hangs in the body", .hangInBody, .failure(status: nil), isWaitedFor: true),
    ])
    func isJudged(_ row: Case) async throws {
        try await withSink(row.reply) { sink, received in
            var check = HealthCheckDefinition.sample(.http, sink.url + "/up")
            check.exchange = row.exchange
            // Short only where it is waited for.
            if row.isWaitedFor { check.timeout = .milliseconds(300) }
            let run = try await withProbe { [check] in await $0.run(check) }
            let report = try #require(run)
            #expect(report.result == row.result, "\(report.error ?? "")")
            #expect((report.error == nil) == (row.result == .success))
            #expect(report.latency < .seconds(15))
            if row.isWaitedFor { #expect(report.latency >= .milliseconds(300)) }
            // Neither redirects nor repetitions.
            #expect(received.value.count == 1)
        }
    }

    private static func long(before: Int) -> Reply {
        Reply(body: [UInt8](repeating: UInt8(ascii: "."), count: before) + Array("ok".utf8))
    }

    @Test func refusesConnections() async throws {
        let port = try freePort()
        let report = try await withProbe { await $0.run(.sample(.http, "http://127.0.0.1:\(port)/")) }
        #expect(report?.result == .failure(status: nil))
        #expect(report?.error == "the connection was refused")
    }

    @Test func speaksNoTLS() async throws {
        try await withSink { sink, _ in
            let report = try await withProbe { await $0.run(.sample(.http, "https://127.0.0.1:\(sink.port)/")) }
            #expect(report?.result == .failure(status: nil))
        }
    }

    @Test func whatIsSent() async throws {
        try await withSink { sink, received in
            let check = HealthCheckDefinition.sample(.http, sink.url + "/up?deep=%20") { exchange in
                exchange.method = "OPTIONS"
                for (name, value) in [("X-Token", "a: b"), ("Host", "elsewhere"), ("Connection", "upgrade")] {
                    exchange.headers.append(name, value)
                }
            }
            _ = try await withProbe { await $0.run(check) }
            let request = try #require(received.value.first)
            #expect(request.method == "OPTIONS" && request.uri == "/up?deep=%20")
            #expect(request.header("x-token") == "a: b")
            #expect(request.header("user-agent") == "sluice-health-check")
            #expect(request.header("host") == "127.0.0.1:\(sink.port)")
            #expect(request.header("connection") == "close")
        }
    }

    @Test func whatCanNotBeSentIsNoVerdict() async throws {
        let report = try await withProbe { await $0.run(.sample(.http, "http://")) }
        #expect(report?.result == .notRun && report?.error != nil)
    }

    @Test func aCancelledProbeKnowsNothing() async throws {
        try await withSink(.hang) { sink, received in
            try await withProbe { probe in
                let run = Task { await probe.run(.sample(.http, sink.url)) }
                try await eventually { received.value.count == 1 }
                run.cancel()
                #expect(await run.value == nil)
            }
        }
    }
}

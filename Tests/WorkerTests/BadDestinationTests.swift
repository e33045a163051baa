import Model
import Requests
import Sink
import Tenants
import TestSupport
import Testing

@testable import Worker

/// What destinations do that are not well: each is an outcome of the right class, within the time-out.
struct BadDestinationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reply: Reply
        let verdict: Verdict
        let attemptClass: AttemptClass
        var status: Int16?

        init(_ name: String, _ reply: Reply, _ verdict: Verdict, _ attemptClass: AttemptClass, status: Int16? = nil) {
            testDescription = name
            self.reply = reply
            self.verdict = verdict
            self.attemptClass = attemptClass
            self.status = status
        }
    }

    @Test(arguments: [
        Case("resets", .reset, .retry, .reset),
        Case("hangs before the head", .hang, .retry, .timeout),
        Case("hangs in the body", .hangInBody, .retry, .timeout),
        Case("is slow", Reply(delay: .seconds(30)), .retry, .timeout),
        Case("speaks no HTTP", .garbage, .retry, .malformed),
        Case("never ends its body", .endlessBody, .delivered, .delivered, status: 200),
        Case("redirects", Reply(status: 302, headers: [("Location", "/elsewhere")]), .dead, .redirected, status: 302),
        Case("asks for less", Reply(status: 429, headers: [("Retry-After", "7")]), .retry, .throttled, status: 429),
        Case("is unavailable", Reply(status: 503, headers: [("Retry-After", "7")]), .retry, .unavailable, status: 503),
        Case("fails", .status(500), .retry, .serverError, status: 500),
        Case("refuses", .status(404), .dead, .rejected, status: 404),
        Case("has no status of HTTP", .status(999), .dead, .rejected, status: 999),
    ])
    func isRecorded(_ row: Case) async throws {
        try await withSink(row.reply) { sink, received in
            // Short only where it is waited for.
            let timeout: Duration = row.attemptClass == .timeout ? .seconds(1) : .seconds(20)
            let outcome = try await withDeliverer { await $0.deliver(.sample(), to: .to(sink.url, timeout: timeout)) }
            #expect(outcome.attemptClass == row.attemptClass, "\(outcome.error ?? "")")
            #expect(outcome.verdict == row.verdict)
            #expect(outcome.status == row.status)
            #expect(outcome.latency < .seconds(15))
            #expect((outcome.error == nil) == (row.status != nil && row.attemptClass != .redirected))
            // Neither redirects nor repetitions of one's own.
            #expect(received.value.count == 1)
            if row.reply.headers.contains(where: { $0.name == "Retry-After" }) {
                #expect(outcome.retryIn == .seconds(7))
            }
        }
    }

    @Test func refusesConnections() async throws {
        let outcome = try await attempt("http://127.0.0.1:\(try freePort())")
        #expect(outcome.attemptClass == .connectRefused)
        #expect(outcome.verdict == .retry)
    }

    @Test func hangsInConnect() async throws {
        let backlog = try FullBacklog()
        let outcome = try await attempt("http://127.0.0.1:\(backlog.port)", connectTimeout: .milliseconds(250))
        #expect(outcome.attemptClass == .connectTimeout)
        #expect(outcome.verdict == .retry)
        #expect(outcome.latency >= .milliseconds(250) && outcome.latency < .seconds(15))
        withExtendedLifetime(backlog) {}
    }

    @Test(arguments: ["no-such-host.invalid", "no such host", "a..b"])
    func hasNoAddress(_ host: String) async throws {
        let outcome = try await attempt("http://\(host)")
        #expect(
            [.nameNotFound, .resolverFailed, .unsendable].contains(outcome.attemptClass), "\(outcome.attemptClass)")
        #expect(outcome.status == nil)
    }

    @Test func speaksNoTLS() async throws {
        try await withSink { sink, _ in
            let outcome = try await attempt("https://127.0.0.1:\(sink.port)")
            #expect(outcome.attemptClass == .tls, "\(outcome.error ?? "")")
            #expect(outcome.verdict == .retry)
        }
    }

    @Test func anExpiredDeliveryIsNotSent() async throws {
        try await withSink { sink, received in
            try await withDeliverer { deliverer in
                let expired = await deliverer.deliver(.sample(isExpired: true), to: .to(sink.url))
                #expect(expired.verdict == .expired)
                // Lost with its worker once too often.
                let lost = await deliverer.deliver(.sample(attempt: 13), to: .to(sink.url))
                #expect(lost.verdict == .dead && lost.attemptClass == .lost)
            }
            #expect(received.value.isEmpty)
        }
    }

    @Test func aCancelledAttemptIsHandedBack() async throws {
        try await withSink(.hang) { sink, received in
            try await withDeliverer { deliverer in
                let attempt = Task { await deliverer.deliver(.sample(), to: .to(sink.url)) }
                try await eventually { received.value.count == 1 }
                attempt.cancel()
                let outcome = await attempt.value
                #expect(outcome.verdict == .returned && outcome.attemptClass == .returned)
            }
        }
    }

    private func attempt(_ url: String, connectTimeout: Duration = .seconds(10)) async throws -> Outcome {
        try await withDeliverer { await $0.deliver(.sample(), to: .to(url, connectTimeout: connectTimeout)) }
    }
}

import Model
import Requests
import Sink
import Tenants
import TestSupport
import Testing

@testable import Worker

struct AuthorizationTests {
    @Test(
        arguments: [
            (.basic(username: "Aladdin", password: "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            (.bearer(token: "abc"), "Bearer abc"), (.none, "Bearer the caller's own"),
        ] as [(DestinationAuth, String)])
    func theDestinationsOwnIsSent(_ auth: DestinationAuth, _ expected: String) async throws {
        try await withSink { sink, received in
            var settings = DestinationSettings.to(sink.url)
            settings.auth = auth
            let delivery = Delivery.sample(headers: [("authorization", "Bearer the caller's own")])
            let outcome = try await withDeliverer { [settings] in await $0.deliver(delivery, to: settings) }
            #expect(outcome.verdict == .delivered)
            let sent = received.value[0].headers.filter { $0.name.lowercased() == "authorization" }
            #expect(sent.map(\.value) == [expected])
        }
    }

    @Test func staticHeadersTakeThePlaceOfTheRequests() async throws {
        try await withSink { sink, received in
            var settings = DestinationSettings.to(sink.url)
            settings.headers.append("X-Env", "prod")
            settings.headers.append("X-Key", "b")
            let delivery = Delivery.sample(headers: [("x-env", "forged"), ("x-env", "again"), ("x-other", "c")])
            let outcome = try await withDeliverer { [settings] in await $0.deliver(delivery, to: settings) }
            #expect(outcome.verdict == .delivered)
            let sent = received.value[0].headers.filter { $0.name.lowercased().hasPrefix("x-") }
            #expect(sent.map { "\($0.name): \($0.value)" }.sorted() == ["X-Env: prod", "X-Key: b", "x-other: c"])
        }
    }

    @Test func withoutItsSecretsNothingIsSent() async throws {
        try await withSink { sink, received in
            var settings = DestinationSettings.to(sink.url)
            settings.fault = "sealed with another key"
            let outcome = try await withDeliverer { [settings] in await $0.deliver(.sample(), to: settings) }
            #expect(outcome.verdict == .retry && outcome.attemptClass == .noCredentials)
            #expect(received.value.isEmpty)
        }
    }

    @Test(arguments: [(404, .retry), (503, .dead), (500, .retry), (400, .dead)] as [(Int, Verdict)])
    func statusesAreRetriedAsChosen(_ status: Int, _ verdict: Verdict) async throws {
        try await withSink(.status(status)) { sink, _ in
            var settings = DestinationSettings.to(sink.url)
            settings.retry.retriedStatuses = [404]
            settings.retry.finalStatuses = [503]
            settings.retry.schedule = [.seconds(5)]
            let outcome = try await withDeliverer { [settings] in await $0.deliver(.sample(), to: settings) }
            #expect(outcome.verdict == verdict && outcome.attemptClass == AttemptClass(status: status))
            #expect(outcome.retryIn == (verdict == .retry ? .seconds(5) : nil))
        }
    }
}

import Model
import Requests
import Sink
import Tenants
import TestSupport
import Testing

@testable import Worker

struct OAuth2Tests {
    private static let tenant = TenantID.new()

    /// A destination that takes the newest token only, and its token endpoint.
    private struct Site {
        var issued = 0
        var good = ""
        var requests: [Received] = []
        var answer: Reply?
        var lifetime = 3_600

        mutating func reply(to request: Received) -> Reply {
            requests.append(request)
            guard request.uri == "/token" else {
                return request.header("authorization") == "Bearer \(good)" ? .ok : .status(401)
            }
            if let answer { return answer }
            issued += 1
            good = "token-\(issued)"
            let token = #"{"access_token": "\#(good)", "token_type": "bearer", "expires_in": \#(lifetime)}"#
            return Reply(headers: [("content-type", "application/json")], body: Array(token.utf8))
        }
    }

    @Test(arguments: ClientCredentials.Method.allCases)
    func aTokenIsFetchedOnceForMany(_ method: ClientCredentials.Method) async throws {
        try await withSite(method) { site, settings in
            let verdicts = try await withDeliverer { deliverer in
                await withTaskGroup(of: Verdict.self) { group in
                    for _ in 0..<20 {
                        group.addTask { await deliverer.deliver(.sample(tenant: Self.tenant), to: settings).verdict }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
            }
            #expect(verdicts == Array(repeating: .delivered, count: 20))
            #expect(site.value.issued == 1)
            let request = site.value.requests[0]
            let form = String(decoding: request.body, as: UTF8.self)
            #expect(request.method == "POST" && request.header("content-type") == "application/x-www-form-urlencoded")
            switch method {
            case .basic:
                // "my+id:p%26ss", as RFC 6749 wants it.
                #expect(request.header("authorization") == "Basic bXkraWQ6cCUyNnNz")
                #expect(form == "grant_type=client_credentials&scope=a+b")
            case .body:
                #expect(request.header("authorization") == nil)
                #expect(form == "grant_type=client_credentials&scope=a+b&client_id=my+id&client_secret=p%26ss")
            }
        }
    }

    @Test func aTokenIsFetchedAnewBeforeItExpires() async throws {
        try await withSite { site, settings in
            site.update { $0.lifetime = 0 }
            try await withDeliverer { deliverer in
                for _ in 0..<2 {
                    #expect(await deliverer.deliver(.sample(tenant: Self.tenant), to: settings).verdict == .delivered)
                }
            }
            #expect(site.value.issued == 2)
        }
    }

    @Test func aTokenThatIsRefusedIsDroppedAndTheDeliveryTriedAgain() async throws {
        try await withSite { site, settings in
            try await withDeliverer { deliverer in
                #expect(await deliverer.deliver(.sample(tenant: Self.tenant), to: settings).verdict == .delivered)
                site.update { $0.good = "another" }
                let refused = await deliverer.deliver(.sample(tenant: Self.tenant), to: settings)
                #expect(refused.verdict == .retry && refused.status == 401)
                #expect(
                    await deliverer.deliver(.sample(attempt: 2, tenant: Self.tenant), to: settings).verdict
                        == .delivered)
            }
            #expect(site.value.issued == 2)
        }
    }

    /// It is not the token's age: the next one would fare the same.
    @Test func aFreshTokenThatIsRefusedEndsTheDelivery() async throws {
        try await withSink(.status(401)) { sink, _ in
            try await withSite { _, settings in
                var elsewhere = settings
                elsewhere.baseURL = sink.url
                let outcome = try await withDeliverer { [elsewhere] in
                    await $0.deliver(.sample(tenant: Self.tenant), to: elsewhere)
                }
                #expect(outcome.verdict == .dead && outcome.attemptClass == .rejected)
            }
        }
    }

    @Test(arguments: [
        Reply(status: 401, body: Array(#"{"error": "invalid_client"}"#.utf8)), Reply(body: Array("no json".utf8)),
        Reply(body: Array(#"{"access_token": "a\r\nb"}"#.utf8)), Reply(body: Array(#"{"access_token": ""}"#.utf8)),
        Reply(body: Array(#"{"access_token": "a", "token_type": "mac"}"#.utf8)), .status(503), .reset,
        Reply(status: 302, headers: [("location", "/elsewhere")]),
    ])
    func withoutATokenNothingIsSent(_ answer: Reply) async throws {
        try await withSite { site, settings in
            site.update { $0.answer = answer }
            try await withDeliverer { deliverer in
                for _ in 0..<3 {
                    let outcome = await deliverer.deliver(.sample(tenant: Self.tenant), to: settings)
                    #expect(outcome.verdict == .retry && outcome.attemptClass == .noCredentials)
                    #expect(outcome.error?.hasPrefix("no token from the token endpoint: ") == true)
                    #expect(outcome.error?.contains("p&ss") == false)
                }
            }
            // The refusal stands for a moment, and nothing went to the destination.
            #expect(site.value.requests.count { $0.uri == "/token" } <= 2)
            #expect(site.value.requests.allSatisfy { $0.uri == "/token" })
        }
    }

    @Test func tenantsDoNotShareTokens() async throws {
        try await withSite { site, settings in
            try await withDeliverer { deliverer in
                guard case .oauth2(let credentials) = settings.auth else { return }
                let tokens = deliverer.credentials.tokens
                let (one, other) = (TenantID.new(), TenantID.new())
                let first = try await tokens.token(for: credentials, of: one, tls: DestinationTLS())
                let second = try await tokens.token(for: credentials, of: other, tls: DestinationTLS())
                #expect(first.text != second.text)
                #expect(try await tokens.token(for: credentials, of: one, tls: DestinationTLS()).text == first.text)
            }
            #expect(site.value.issued == 2)
        }
    }

    private func withSite(
        _ method: ClientCredentials.Method = .basic,
        _ body: (Shared<Site>, DestinationSettings) async throws -> Void
    ) async throws {
        let site = Shared(Site())
        let sink = try await Sink.start { request in
            var reply = Reply.ok
            site.update { reply = $0.reply(to: request) }
            return reply
        }
        var settings = DestinationSettings.to(sink.url)
        settings.auth = .oauth2(
            ClientCredentials(
                tokenURL: sink.url + "/token", clientID: "my id", clientSecret: "p&ss", scope: "a b", method: method))
        do {
            try await body(site, settings)
        } catch {
            await sink.stop()
            throw error
        }
        await sink.stop()
    }
}

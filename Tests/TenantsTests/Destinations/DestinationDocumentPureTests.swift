import JSON
import Model
import TestSupport
import Testing

@testable import Tenants

struct DestinationDocumentPureTests {
    private static let ed25519 = "whsk_" + "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
    private static let hmac = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private static let full = """
        {"base_url": "https://example.org:8443/hooks?v=1", "connect_timeout_ms": 250, "timeout_ms": 7000, "max_in_flight": 3,
         "rate_per_second": 0.5, "rate_burst": 4, "max_attempts": 9, "retry_schedule_ms": [0, 5000, 60000],
         "retried_statuses": [404, 409], "final_statuses": [503],
         "signing_keys": [{"id": "a", "secret": "\(hmac)"}, {"id": "b", "algorithm": "ed25519", "secret": "\(ed25519)"}],
         "headers": {"X-Api-Key": "open sesame"},
         "auth": {"type": "oauth2", "token_url": "https://id.example.org/token", "client_id": "me",
                  "client_secret": "open sesame", "scope": "a b", "client_auth": "body"}}
        """

    @Test func everythingIsRead() throws {
        let settings = try read(Self.full)
        #expect(settings.baseURL == "https://example.org:8443/hooks?v=1")
        #expect(settings.connectTimeout == .milliseconds(250) && settings.timeout == .seconds(7))
        #expect(settings.maxInFlight == 3 && settings.ratePerSecond == 0.5 && settings.rateBurst == 4)
        #expect(settings.retry.schedule == [.zero, .seconds(5), .seconds(60)] && settings.retry.maxAttempts == 9)
        #expect(settings.retry.retriedStatuses == [404, 409] && settings.retry.finalStatuses == [503])
        #expect(settings.signingKeys.map(\.id) == ["a", "b"])
        #expect(settings.signingKeys.map(\.algorithm) == [.hmacSHA256, .ed25519])
        #expect(settings.signingKeys.map(\.secret.count) == [24, 32])
        #expect(settings.headers.text == "X-Api-Key: open sesame\n")
        #expect(
            settings.auth
                == .oauth2(
                    ClientCredentials(
                        tokenURL: "https://id.example.org/token", clientID: "me", clientSecret: "open sesame",
                        scope: "a b", method: .body)))
    }

    @Test func whatIsLeftOutHasItsDefault() throws {
        #expect(try read(#"{"base_url": "http://a"}"#) == DestinationSettings(name: "hook", baseURL: "http://a"))
        #expect(try read(#"{"base_url": "http://a", "retry_schedule_ms": [1, 2]}"#).retry.maxAttempts == 3)
    }

    /// What was written reads back, and back again, without its secrets.
    @Test func secretsAreNotShownAndStay() throws {
        let settings = try read(Self.full)
        let text = DestinationDocument.document(settings).text
        for secret in ["sesame", "whsec_", "whsk_"] { #expect(!text.contains(secret)) }
        #expect(text.contains("whpk_"))
        #expect(try read(text, over: settings) == settings)
    }

    @Test func aSecretThatIsNotStoredCantBeKept() throws {
        let text = try DestinationDocument.document(read(Self.full)).text
        #expect(
            faults(text).map(\.path) == [
                "signing_keys[0].secret", "signing_keys[1].secret", "headers.X-Api-Key", "auth.client_secret",
            ])
    }

    @Test func everyFaultIsToldAtOnce() {
        let paths = faults(
            """
            {"base_url": "ftp://a", "timeout_ms": 9, "max_in_flight": 1.5, "rate_per_second": 0, "max_attempts": "3",
             "retry_schedule_ms": [1, -1], "backoff_cap_ms": 5, "retried_statuses": [200, 500], "final_statuses": [500],
             "signing_keys": [{"id": "a", "secret": "x"}, {"id": "a"}], "headers": {"Host": "a", "a b": "c", "X-Y": "a\\nb"},
             "auth": {"type": "basic", "username": "a:b", "token": "c"}, "tls": {"client_certificate": "x"}, "colour": "red"}
            """
        ).map(\.path)
        #expect(
            Set(paths) == [
                "base_url", "timeout_ms", "max_in_flight", "rate_per_second", "max_attempts", "retry_schedule_ms[1]",
                "backoff_cap_ms", "retried_statuses[0]", "final_statuses", "signing_keys[0].secret",
                "signing_keys[1].id",
                "signing_keys[1].secret", "headers.Host", "headers.a b", "headers.X-Y", "auth.token", "auth.username",
                "auth.password", "tls", "tls.client_certificate", "colour",
            ])
    }

    @Test(arguments: [
        "", "/a", "a", "http://", "http:///a", "HTTP://a", "http://a b", "http://user@a", "http://a#b", "http://a:0",
        "http://a:65536", "http://a:b", "http://a\\b", "http://é", "javascript:alert(1)", "http://a\r\nX: y",
        "file:///etc",
        "http+unix://a", "http://:80", "http://a:+80", "http://[9E9f]", "http://[::1", "http://[127.0.0.1]",
        "http://[::g]:80",
    ])
    func aURLMustBeOne(_ url: String) throws {
        let document = JSONValue.object(["base_url": .string(url)])
        let error = #expect(throws: InvalidDocument.self) {
            try DestinationDocument.settings(document, named: "hook")
        }
        #expect(error?.faults.map(\.path).contains("base_url") == true)
    }

    @Test(arguments: [
        "http://a", "https://a.example:443/", "http://127.0.0.1:8080/x/y?z", "http://[::1]:80/",
        "http://xn--e1afmkfd.example",
    ])
    func aURLIsTaken(_ url: String) throws {
        #expect(try read(#"{"base_url": "\#(url)"}"#).baseURL == url)
    }

    /// As many attempts are under way as there are lanes; both stay as they were chosen.
    @Test func orderedLanesAreChosenOnce() throws {
        let settings = try read(#"{"base_url": "http://a", "ordered_lanes": 8}"#)
        #expect(settings.orderedLanes == 8 && settings.maxInFlight == 8)
        let document = DestinationDocument.document(settings)
        #expect(try DestinationDocument.settings(document, named: "hook", over: settings) == settings)
        for text in ["0", "65", "1.5", #""8""#] {
            #expect(faults(#"{"base_url": "http://a", "ordered_lanes": \#(text)}"#).map(\.path) == ["ordered_lanes"])
        }
        #expect(
            faults(#"{"base_url": "http://a", "ordered_lanes": 8, "max_in_flight": 9}"#).map(\.path)
                == ["max_in_flight"])
        for (stored, text) in [(settings, "null"), (settings, "7"), (try read(#"{"base_url": "http://a"}"#), "8")] {
            let changed = DestinationDocument.patched(
                try JSONValue(parsing: Array(#"{"base_url": "http://a"}"#.utf8)),
                by: try JSONValue(parsing: Array(#"{"ordered_lanes": \#(text)}"#.utf8)))
            let error = #expect(throws: InvalidDocument.self) {
                try DestinationDocument.settings(changed, named: "hook", over: stored)
            }
            #expect(error?.faults.map(\.path) == ["ordered_lanes"])
        }
    }

    @Test(arguments: ["[]", "1", "null", #""a""#])
    func aDocumentIsAnObject(_ text: String) { #expect(faults(text).map(\.path) == [""]) }

    @Test(arguments: ["", "A", "a b", "-a", "a/b", String(repeating: "a", count: 64), "а"])
    func aNameIsASlug(_ name: String) throws {
        let error = #expect(throws: InvalidDocument.self) {
            try DestinationDocument.settings(.object(["base_url": .string("http://a")]), named: name)
        }
        #expect(error?.faults.map(\.path) == ["name"])
    }

    private func read(_ text: String, over stored: DestinationSettings? = nil) throws -> DestinationSettings {
        try DestinationDocument.settings(try JSONValue(parsing: Array(text.utf8)), named: "hook", over: stored)
    }

    private func faults(_ text: String) -> [InvalidDocument.Fault] {
        do {
            _ = try read(text)
            return []
        } catch {
            return (error as? InvalidDocument)?.faults ?? []
        }
    }
}

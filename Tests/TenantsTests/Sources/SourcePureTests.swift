import Foundation
import JSON
import Testing

@testable import Tenants

struct SourcePureTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private static func settings(_ json: String, over stored: SourceSettings? = nil) throws -> SourceSettings {
        try SourceDocument.settings(try JSONValue(parsing: Array(json.utf8)), named: "s", over: stored)
    }

    @Test func aDocumentComesBackWithoutSecretsAndKeepsThem() throws {
        let made = try Self.settings(
            #"{"topic": "a.b", "scheme": "standard-webhooks", "tolerance_s": 60, "secrets": [{"id": "a", "secret": "\#(Self.secret)"}]}"#
        )
        #expect(made.toleranceSeconds == 60 && made.secrets.count == 1 && made.isEnabled)
        let shown = SourceDocument.document(made)
        #expect(!shown.text.contains("whsec_"))
        #expect(try SourceDocument.settings(shown, named: "s", over: made) == made)
        let patched = SourceDocument.patched(shown, by: .object(["destination": .string("d")]))
        let moved = try SourceDocument.settings(patched, named: "s", over: made)
        #expect(moved.target == .destination("d") && moved.secrets == made.secrets)
        // A secret of one scheme is none of another.
        let other = JSONValue.object(["scheme": .string("github")])
        #expect(throws: InvalidDocument.self) {
            try SourceDocument.settings(SourceDocument.patched(shown, by: other), named: "s", over: made)
        }
    }

    @Test(arguments: [
        (
            #"{"scheme": "github", "secrets": [{"id": "a", "secret": "sesame-1"}]}"#,
            "exactly one of destination and topic"
        ),
        (
            #"{"scheme": "github", "topic": "a", "destination": "d", "secrets": [{"id": "a", "secret": "sesame-1"}]}"#,
            "exactly one of destination and topic"
        ),
        (#"{"topic": "a", "secrets": [{"id": "a", "secret": "sesame-1"}]}"#, "scheme is missing"),
        (#"{"topic": "a", "scheme": "none"}"#, "scheme must be one of standard-webhooks, github, stripe"),
        (#"{"topic": "a", "scheme": "github"}"#, "secrets must have one"),
        (#"{"topic": "a.#", "scheme": "github"}"#, "topic must be 1 to 16 words"),
        (#"{"topic": "a", "scheme": "github", "secrets": [{"id": "a", "secret": "short"}]}"#, "8 to 255 bytes"),
        (
            #"{"topic": "a", "scheme": "standard-webhooks", "secrets": [{"id": "a", "secret": "whpk_AAAA"}]}"#,
            "secrets[0].secret must be whsec_"
        ),
        (#"{"topic": "a", "scheme": "github", "secrets": [{"id": "a", "secret": {"set": true}}]}"#, "is not stored"),
        (
            #"{"topic": "a", "scheme": "github", "secrets": [{"id": "a", "secret": "sesame-1"}, {"id": "a", "secret": "sesame-2"}]}"#,
            "another secret's too"
        ),
        (#"{"topic": "a", "scheme": "github", "secrets": [1, 2, 3]}"#, "has 3 elements; it may have 2"),
        (
            #"{"topic": "a", "scheme": "stripe", "tolerance_s": 0}"#,
            "tolerance_s must be a whole number from 1 to 86400"
        ),
        (#"{"topic": "a", "scheme": "stripe", "tolerance_s": 86401}"#, "tolerance_s must be"),
        (#"[]"#, "must be an object"),
    ])
    func whatIsWrongIsTold(_ document: String, _ words: String) throws {
        let error = #expect(throws: InvalidDocument.self) { try Self.settings(document) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func publicKeysAreTaken() throws {
        let key = try #require(
            SigningKey(algorithm: .ed25519, text: "whsk_" + Data(repeating: 2, count: 32).base64EncodedString()))
        let secret = SourceSecret(id: "a", scheme: .standardWebhooks, text: try #require(key.publicKey))
        guard case .ed25519(let bytes)? = secret?.key else {
            Issue.record("not taken")
            return
        }
        #expect(bytes.count == 32)
    }
}

import Crypto
import Foundation
import HTTPTypes
import Postgres
import Tenants
import Testing

@testable import API

/// Signatures that another program's HMAC made; GitHub's is the one of its documentation.
struct SignatureCheckTests {
    private static let time: Int64 = 1_614_265_330
    private static let standardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let standardSignature = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    private static let gitHubSignature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    private static let stripeSignature = "db3b6658c903ae6ff08ff22c30341a882da5b4f7c8cf5cc245daf619d7007f07"

    private static func check(
        _ scheme: SignatureScheme, _ secrets: [String], _ fields: [(String, String)], _ body: String, off: Int64 = 0,
        tolerance: Int32 = 300
    ) throws -> String? {
        var settings = SourceSettings(name: "s", target: .destination("d"), scheme: scheme)
        settings.toleranceSeconds = tolerance
        settings.secrets = try secrets.enumerated().map {
            try #require(SourceSecret(id: "\($0)", scheme: scheme, text: $1))
        }
        var headers = HTTPFields()
        for (name, value) in fields { headers.append(HTTPField(name: .known(named: name), value: value)) }
        return try SignatureCheck(settings).verify(
            headers, body: Array(body.utf8), now: Timestamp(microseconds: (time + off) * 1_000_000))
    }

    private static func standard(
        _ signature: String = "v1," + standardSignature, id: String = "msg_p5jXN8AQM9LWM0D4loKWxJek",
        time: String = "1614265330"
    ) -> [(String, String)] {
        [("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", signature)]
    }

    private static func checkStandard(
        _ fields: [(String, String)] = standard(), _ body: String = #"{"test": 2432232314}"#,
        secrets: [String] = [standardSecret], off: Int64 = 0
    ) throws -> String? {
        try check(.standardWebhooks, secrets, fields, body, off: off)
    }

    @Test func signaturesOfEachSchemeAreTaken() throws {
        #expect(try Self.checkStandard() == "msg_p5jXN8AQM9LWM0D4loKWxJek")
        let gitHub = [("X-Hub-Signature-256", Self.gitHubSignature), ("X-GitHub-Delivery", "72d3162e")]
        #expect(try Self.check(.github, ["It's a Secret to Everybody"], gitHub, "Hello, World!") == "72d3162e")
        #expect(try Self.check(.github, ["It's a Secret to Everybody"], [gitHub[0]], "Hello, World!") == nil)
        let stripe = [("Stripe-Signature", "t=1614265330,v0=aa,v1=\(Self.stripeSignature)")]
        #expect(try Self.check(.stripe, ["whsec_test_secret"], stripe, #"{"id": "evt_1"}"#) == nil)
    }

    /// Each may cost a verification.
    @Test func eightSignaturesAreLookedAt() throws {
        func signatures(_ count: Int) -> String {
            String(repeating: "v1,AAAA ", count: count - 1) + "v1,\(Self.standardSignature)"
        }
        #expect(try Self.checkStandard(Self.standard(signatures(8))) != nil)
        #expect(throws: SignatureRefusal.malformed(.webhookSignature)) {
            try Self.checkStandard(Self.standard(signatures(9)))
        }
    }

    @Test func eachOfTwoSecretsAndOfSeveralSignaturesCounts() throws {
        let other = "whsec_" + Data(repeating: 9, count: 24).base64EncodedString()
        #expect(try Self.checkStandard(secrets: [other, Self.standardSecret]) != nil)
        #expect(try Self.checkStandard(Self.standard("v1a,AAAA v1,AAAA v1,\(Self.standardSignature)")) != nil)
        #expect(throws: SignatureRefusal.mismatch) { try Self.checkStandard(secrets: [other]) }
    }

    @Test func publicKeysVerify() throws {
        let key = Curve25519.Signing.PrivateKey()
        let signature = try key.signature(for: Data(#"id.1614265330.{}"#.utf8)).base64EncodedString()
        let secret = "whpk_" + key.publicKey.rawRepresentation.base64EncodedString()
        func verify(_ signature: String, _ body: String = "{}") throws -> String? {
            try Self.checkStandard(Self.standard(signature, id: "id"), body, secrets: [secret])
        }
        #expect(try verify("v1a,\(signature)") == "id")
        #expect(throws: SignatureRefusal.mismatch) { try verify("v1a,\(signature)", "{ }") }
        // A public key is no secret: nobody may sign with it.
        var mac = HMAC<SHA256>(key: SymmetricKey(data: key.publicKey.rawRepresentation))
        mac.update(data: Data("id.1614265330.{}".utf8))
        let forged = mac.finalize().withUnsafeBytes { Data($0).base64EncodedString() }
        #expect(throws: SignatureRefusal.mismatch) { try verify("v1,\(forged)") }
    }

    @Test func clocksMayBeOffByTheTolerance() throws {
        for off in [-300, 0, 300] as [Int64] { #expect(try Self.checkStandard(off: off) != nil) }
        for off in [-301, 301, 1_000_000_000] as [Int64] {
            #expect(throws: SignatureRefusal.untimely) { try Self.checkStandard(off: off) }
        }
        let stripe = [("Stripe-Signature", "t=1614265330,v1=\(Self.stripeSignature)")]
        for off in [-61, 61] as [Int64] {
            #expect(throws: SignatureRefusal.untimely) {
                try Self.check(
                    .stripe, ["whsec_test_secret"], stripe, #"{"id": "evt_1"}"#, off: off, tolerance: 60)
            }
        }
    }

    @Test(arguments: ["", "1e9", "-1", "+1614265330", " 1614265330x", "99999999999999999999", "٣", "1614265330.0"])
    func aTimeIsDigits(_ time: String) throws {
        #expect(throws: time.isEmpty ? SignatureRefusal.missing(.webhookTimestamp) : .malformed(.webhookTimestamp)) {
            try Self.checkStandard(Self.standard(time: time))
        }
    }

    @Test func whatIsChangedDoesNotMatch() throws {
        for fields in [
            Self.standard(id: "msg_other"), Self.standard(time: "1614265331"),
            Self.standard("v1," + String(Self.standardSignature.reversed())),
            Self.standard("v2,\(Self.standardSignature)"),
            Self.standard(Self.standardSignature), Self.standard("v1,"), Self.standard("v1,%%%"),
        ] {
            #expect(throws: SignatureRefusal.mismatch) { try Self.checkStandard(fields) }
        }
        #expect(throws: SignatureRefusal.mismatch) { try Self.checkStandard(Self.standard(), #"{"test":2432232314}"#) }
        #expect(throws: SignatureRefusal.mismatch) { try Self.checkStandard(secrets: []) }
    }

    /// Which of two a program reads is anybody's guess.
    @Test func aHeaderThatComesTwiceIsRefused() throws {
        for (name, value) in Self.standard() {
            let error = #expect(throws: SignatureRefusal.self) {
                try Self.checkStandard(Self.standard() + [(name.uppercased(), value)])
            }
            #expect(error == .repeated(.known(named: name)))
        }
        for name in ["X-Hub-Signature-256", "X-GitHub-Delivery"] {
            let fields = [("X-Hub-Signature-256", Self.gitHubSignature), ("X-GitHub-Delivery", "a"), (name, "b")]
            #expect(throws: SignatureRefusal.repeated(.known(named: name))) {
                try Self.check(.github, ["It's a Secret to Everybody"], fields, "Hello, World!")
            }
        }
        let stripe = Array(repeating: ("Stripe-Signature", "t=1614265330,v1=\(Self.stripeSignature)"), count: 2)
        #expect(throws: SignatureRefusal.repeated(.stripeSignature)) {
            try Self.check(.stripe, ["whsec_test_secret"], stripe, #"{"id": "evt_1"}"#)
        }
    }

    @Test func whatIsMissingOrMalformedIsNamed() throws {
        for (index, field) in Self.standard().enumerated() {
            var fields = Self.standard()
            fields.remove(at: index)
            #expect(throws: SignatureRefusal.missing(.known(named: field.0))) { try Self.checkStandard(fields) }
        }
        #expect(throws: SignatureRefusal.malformed(.webhookID)) {
            try Self.checkStandard(Self.standard(id: String(repeating: "x", count: 256)))
        }
        #expect(throws: SignatureRefusal.malformed(.webhookID)) { try Self.checkStandard(Self.standard(id: "a.1")) }
        // A list without an end would cost one.
        #expect(throws: SignatureRefusal.malformed(.webhookSignature)) {
            try Self.checkStandard(Self.standard(Array(repeating: "v1,AAAA", count: 9).joined(separator: " ")))
        }
        for value in [
            "sha1=aa", "sha256=", "sha256=" + String(repeating: "g", count: 64),
            "sha256=" + String(repeating: "a", count: 63),
        ] {
            #expect(throws: SignatureRefusal.malformed(.hubSignature)) {
                try Self.check(.github, ["It's a Secret to Everybody"], [("X-Hub-Signature-256", value)], "")
            }
        }
        for value in [
            "v1=aa", "t=1,t=2,v1=aa", "t=1614265330", "t", "=,=",
            "t=1614265330," + Array(repeating: "v1=aa", count: 9).joined(separator: ","),
        ] {
            #expect(throws: SignatureRefusal.malformed(.stripeSignature)) {
                try Self.check(.stripe, ["whsec_test_secret"], [("Stripe-Signature", value)], "")
            }
        }
        #expect(throws: SignatureRefusal.mismatch) {
            try Self.check(.stripe, ["whsec_test_secret"], [("Stripe-Signature", "t=1614265330,v1=aa")], "")
        }
    }
}

extension HTTPField.Name {
    fileprivate static func known(named name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no header's name") }
        return name
    }
}

import Tenants
import Testing
import Worker

struct StandardWebhooksTests {
    private static let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private static let body = Array(#"{"test": 2432232314}"#.utf8)
    private static let hmac = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    private static let ed25519 =
        "v1a,yoUrgEkc12aGqm0n4Sydmdz55xJfTz4AsAgieHFjmkR7LJtqVCZOQYzvvHjI5kAey+r4iaBGxTFRrl2iBQxtDQ=="

    /// The specification's own example; checked against the PyPI package standardwebhooks 1.0.
    @Test func signsWithASecretAsTheSpecificationSays() throws {
        let key = try #require(SigningKey(algorithm: .hmacSHA256, text: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        #expect(signatures([key]) == Self.hmac)
    }

    /// Checked against OpenSSL: `pkeyutl -sign -rawin`.
    @Test func signsWithAPrivateKey() throws {
        let key = try #require(SigningKey(algorithm: .ed25519, text: Self.seed))
        #expect(signatures([key]) == Self.ed25519)
        #expect(key.publicKey == "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=")
    }

    @Test func bothKeysSignDuringARotation() throws {
        let old = try #require(
            SigningKey(id: "old", algorithm: .hmacSHA256, text: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let new = try #require(SigningKey(id: "new", algorithm: .ed25519, text: Self.seed))
        #expect(signatures([old, new]) == Self.hmac + " " + Self.ed25519)
    }

    @Test(arguments: [24, 32, 64])
    func secretsOfTheSpecifiedLengthRoundTrip(_ length: Int) {
        let key = SigningKey(secret: (0..<length).map { UInt8($0) })
        #expect(SigningKey(algorithm: .hmacSHA256, text: key.text) == key)
        #expect(key.publicKey == nil)
    }

    @Test func aPrivateKeyMayComeWithItsPublicOne() {
        let pair = "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA=="
        #expect(SigningKey(algorithm: .ed25519, text: pair) == SigningKey(algorithm: .ed25519, text: Self.seed))
    }

    @Test(arguments: [
        "", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",
        SigningKey(secret: [UInt8](repeating: 1, count: 65)).text, seed,
    ])
    func refusesOtherSecrets(_ text: String) { #expect(SigningKey(algorithm: .hmacSHA256, text: text) == nil) }

    @Test(arguments: [
        "", "whsk_", "whsk_AAAA", SigningKey(secret: [UInt8](repeating: 1, count: 32)).text,
        // The public key is another's.
        "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8EoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA==",
    ])
    func refusesOtherPrivateKeys(_ text: String) { #expect(SigningKey(algorithm: .ed25519, text: text) == nil) }

    private static let seed = "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    private func signatures(_ keys: [SigningKey]) -> String {
        StandardWebhooks.signatures(keys, id: Self.id, timestamp: 1_614_265_330, body: Self.body)
    }
}

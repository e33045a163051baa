import Testing
import Worker

struct StandardWebhooksTests {
    /// The specification's own example; checked against Python's hmac.
    @Test func signsAsTheSpecificationSays() throws {
        let secret = try #require(StandardWebhooks.secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signature = StandardWebhooks.signature(
            secret: secret, id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330,
            body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test(arguments: [24, 32, 64])
    func secretsOfTheSpecifiedLengthRoundTrip(_ length: Int) {
        let secret = (0..<length).map { UInt8($0) }
        #expect(StandardWebhooks.secret(StandardWebhooks.text(secret: secret)) == secret)
    }

    @Test(arguments: [
        "", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",
        StandardWebhooks.text(secret: [UInt8](repeating: 1, count: 65)),
    ])
    func refusesOtherSecrets(_ text: String) { #expect(StandardWebhooks.secret(text) == nil) }
}

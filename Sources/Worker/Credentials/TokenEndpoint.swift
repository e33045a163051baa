import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1
import Tenants

/// Asks token endpoints (RFC 6749, section 4.4), by the rules of real traffic.
struct TokenEndpoint: Sendable {
    /// Of a token that does not say when it expires.
    private static let standardLifetime = Duration.seconds(300)

    private struct Answer: Decodable {
        let token: String
        let type: String?
        let lifetime: Double?

        enum CodingKeys: String, CodingKey {
            case token = "access_token"
            case type = "token_type"
            case lifetime = "expires_in"
        }
    }

    let sender: HTTPSender
    let tls: TLSConfigurations

    func fetch(
        _ credentials: ClientCredentials, tls settings: DestinationTLS, within timeout: Duration
    ) async -> Result<TokenCache.Token, AttemptFailure> {
        let start = ContinuousClock.now
        do {
            let response = try await sender.send(
                try request(credentials, settings), within: timeout, connectTimeout: timeout
            ).get()
            return .success(try Self.token(response, start))
        } catch let failure as AttemptFailure {
            return .failure(failure.ofTokenEndpoint)
        } catch {
            return .failure(AttemptFailure(error).ofTokenEndpoint)
        }
    }

    private func request(_ credentials: ClientCredentials, _ settings: DestinationTLS) throws -> HTTPClient.Request {
        var fields = [("grant_type", "client_credentials")]
        if let scope = credentials.scope { fields.append(("scope", scope)) }
        var headers: HTTPHeaders = [
            "content-type": "application/x-www-form-urlencoded", "accept": "application/json", "user-agent": "sluice",
        ]
        switch credentials.method {
        case .basic:
            // Both are form-encoded first (section 2.3.1).
            let pair = Form.encode(credentials.clientID) + ":" + Form.encode(credentials.clientSecret)
            headers.add(name: "authorization", value: "Basic " + Data(pair.utf8).base64EncodedString())
        case .body: fields += [("client_id", credentials.clientID), ("client_secret", credentials.clientSecret)]
        }
        let form = fields.map { "\($0)=\(Form.encode($1))" }.joined(separator: "&")
        return try HTTPClient.Request(
            url: credentials.tokenURL, method: .POST, headers: headers, body: .string(form),
            tlsConfiguration: try tls.ofTokenEndpoint(settings))
    }

    private static func token(
        _ response: CollectedResponse, _ start: ContinuousClock.Instant
    ) throws -> TokenCache.Token {
        guard response.status == 200 else { throw AttemptFailure(.noCredentials, "it answered \(response.status)") }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)),
            answer.type.map({ $0.lowercased() == "bearer" }) ?? true, !answer.token.isEmpty,
            answer.token.utf8.allSatisfy({ 0x21...0x7e ~= $0 })
        else { throw AttemptFailure(.noCredentials, "its answer has no bearer token") }
        let lifetime = answer.lifetime.map { Duration.seconds(min(max($0, 0), 86_400 * 365)) } ?? standardLifetime
        // A tenth of its life, at most half a minute, for clocks and for the way to the destination.
        let until = start + lifetime - min(lifetime / 10, .seconds(30))
        return TokenCache.Token(text: answer.token, fetchedAt: .now, until: until)
    }
}

extension AttemptFailure {
    /// A forbidden address stays that; everything else comes to there being no token.
    fileprivate var ofTokenEndpoint: AttemptFailure {
        let isItself = attemptClass == .blocked || attemptClass == .returned
        return AttemptFailure(isItself ? attemptClass : .noCredentials, "no token from the token endpoint: \(message)")
    }
}

/// `application/x-www-form-urlencoded`.
enum Form {
    static func encode(_ text: String) -> String {
        text.utf8.reduce(into: "") { encoded, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "*"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): encoded += "+"
            default: encoded += "%" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}

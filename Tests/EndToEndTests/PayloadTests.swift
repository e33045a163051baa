import Crypto
import Foundation
import Sink
import TestSupport
import Testing

/// Real payloads, through all of it.
struct PayloadTests {
    private struct Payload: Sendable {
        let path: String
        let body: [UInt8]
    }

    @Test(.timeLimit(.minutes(2))) func arriveByteForByteAndSigned() async throws {
        let payloads = try Self.payloads()
        try #require(payloads.count > 50)
        let received = Shared<[Received]>([])
        let sink = try await Sink.start { request in
            received.update { $0.append(request) }
            return .ok
        }
        do {
            try await deliver(payloads, to: sink, received)
            await sink.stop()
        } catch {
            await sink.stop()
            throw error
        }
    }

    private func deliver(_ payloads: [Payload], to sink: Sink, _ received: Shared<[Received]>) async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let secret = "whsec_" + Data(Installation.secret).base64EncodedString()
                let installation = try await Installation(
                    processes, database: database.connectionString, destination: sink.url + "/hooks",
                    options: ["--secret", secret])
                let (_, caller) = try await installation.serve()
                _ = try installation.work()
                var sent: [String: Payload] = [:]
                for payload in payloads {
                    let answer = try await caller.post(
                        "/in/sink" + payload.path, payload.body, headers: [("Content-Type", "application/json")])
                    sent[try answer.id()] = payload
                }
                #expect(sent.count == payloads.count)
                try await eventually { received.value.count >= payloads.count }
                for request in received.value { try expect(request, among: sent) }
                for (id, payload) in sent { try await expectDelivered(id, payload, caller) }
                #expect(Set(received.value.compactMap { $0.header("sluice-request-id") }) == Set(sent.keys))
                #expect(received.value.count == payloads.count)
            }
        }
    }

    private func expect(_ request: Received, among sent: [String: Payload]) throws {
        let id = try #require(request.header("sluice-request-id"))
        let payload = try #require(sent[id])
        #expect(request.method == "POST")
        #expect(request.uri == "/hooks" + payload.path)
        #expect(request.header("content-type") == "application/json")
        #expect(request.body == payload.body, "\(payload.path)")
        #expect(request.header("webhook-id") == id)
        let timestamp = try #require(request.header("webhook-timestamp"))
        #expect(abs(try #require(Double(timestamp)) - Date().timeIntervalSince1970) < 120)
        let signature = try #require(request.header("webhook-signature"))
        let code = try #require(signature.hasPrefix("v1,") ? Data(base64Encoded: String(signature.dropFirst(3))) : nil)
        #expect(
            HMAC<SHA256>.isValidAuthenticationCode(
                code, authenticating: Data("\(id).\(timestamp).".utf8) + request.body,
                using: SymmetricKey(data: Installation.secret)))
    }

    private func expectDelivered(_ id: String, _ payload: Payload, _ caller: Caller) async throws {
        try await eventually { try await caller.status(id).deliveries.map(\.state) == ["delivered"] }
        let status = try await caller.status(id)
        #expect(status.bytes == payload.body.count)
        #expect(payload.path.hasPrefix(status.path + "?"))
    }

    /// With a path and a query that would not survive being decoded and encoded again.
    private static func payloads() throws -> [Payload] {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures/webhooks")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
            let event = name.prefix { $0 != "." }
            return Payload(
                path: "/github%2Fevents/\(event)?file=\(name)&note=a%20b+c%2f&&empty=",
                body: Array(try Data(contentsOf: folder.appendingPathComponent(name))))
        }
    }
}

import Foundation
import JSON
import Model
import Requests
import Tenants
import TestSupport
import Testing

@testable import Worker

/// A server that demands a client certificate, with one of its own that only its own authority vouches for.
struct ClientCertificateTests {
    @Test(.enabled(if: TLSServer.isThere))
    func isShownToAServerThatDemandsIt() async throws {
        try await withTLSServer(demandsClients: true) { server in
            var settings = DestinationSettings.to("https://localhost:\(server.port)")
            settings.tls.authorities = try server.text("certificate")
            settings.tls.clientCertificate = try server.text("client")
            settings.tls.clientKey = try server.text("client-key")
            try await withDeliverer { [settings] deliverer in
                // Refused until the server listens.
                try await eventually {
                    let outcome = await deliverer.deliver(.sample("GET", body: []), to: settings)
                    if outcome.attemptClass == .connectRefused { return false }
                    #expect(outcome.verdict == .delivered, "\(outcome.attemptClass) \(outcome.error ?? "")")
                    let answer = String(decoding: outcome.responseBody ?? [], as: UTF8.self)
                    #expect(answer.contains("CN = tenant") || answer.contains("CN=tenant"))
                    return true
                }
                var bare = settings
                bare.tls.clientCertificate = nil
                bare.tls.clientKey = nil
                let refused = await deliverer.deliver(.sample("GET", body: []), to: bare)
                #expect(refused.verdict == .retry && [.tls, .reset].contains(refused.attemptClass))

                var untrusting = settings
                untrusting.tls.authorities = nil
                let untrusted = await deliverer.deliver(.sample("GET", body: []), to: untrusting)
                #expect(untrusted.attemptClass == .tls)

                // The right authority, and the first connection's certificate: nothing of the others stuck.
                #expect(await deliverer.deliver(.sample("GET", body: []), to: settings).verdict == .delivered)
            }
        }
    }

    @Test(.enabled(if: TLSServer.isThere))
    func aDocumentsTLSIsChecked() async throws {
        try await withTLSServer(demandsClients: true) { server in
            func faults(_ members: JSONObject) throws -> [String] {
                let document = JSONValue.object(["base_url": .string("https://a"), "tls": .object(members)])
                do {
                    _ = try DestinationDocument.settings(document, named: "a")
                    return []
                } catch let error as InvalidDocument {
                    return error.faults.map(\.path)
                }
            }
            let certificate = JSONValue.string(try server.text("client"))
            let key = JSONValue.string(try server.text("client-key"))
            let other = JSONValue.string(try server.text("key"))
            #expect(
                try faults(["client_certificate": certificate, "client_key": key, "authorities": certificate]) == [])
            #expect(try faults(["client_certificate": certificate, "client_key": other]) == ["tls.client_key"])
            #expect(try faults(["client_certificate": key, "client_key": key]) == ["tls.client_certificate"])
            #expect(try faults(["authorities": .string("x")]) == ["tls.authorities"])
            #expect(try faults(["client_key": key]) == ["tls"])
        }
    }
}

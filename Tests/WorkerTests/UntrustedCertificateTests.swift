import Foundation
import Model
import Requests
import Tenants
import TestSupport
import Testing

@testable import Worker

/// A server whose certificate nobody vouches for; openssl plays it, where it is installed.
struct UntrustedCertificateTests {
    static let openssl = "/usr/bin/openssl"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl)))
    func isRefused() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let request = try run(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                "-subj", "/CN=localhost", "-keyout", "key", "-out", "certificate",
            ], in: directory)
        request.waitUntilExit()
        try #require(request.terminationStatus == 0)

        let port = try freePort()
        let server = try run(
            ["s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert", "certificate", "-key", "key"],
            in: directory)
        defer { server.terminate() }
        try await withDeliverer { deliverer in
            let settings = DestinationSettings.to("https://localhost:\(port)")
            // Refused until the server listens.
            try await eventually {
                let outcome = await deliverer.deliver(.sample(), to: settings)
                if outcome.attemptClass == .connectRefused { return false }
                #expect(outcome.attemptClass == .tls, "\(outcome.error ?? "")")
                #expect(outcome.verdict == .retry)
                return true
            }
        }
    }

    private func run(_ arguments: [String], in directory: URL) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.openssl)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
}

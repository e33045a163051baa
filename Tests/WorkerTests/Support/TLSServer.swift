import Foundation
import TestSupport

/// A TLS server with a certificate of its own making, for `localhost`; openssl plays it, where it is installed.
struct TLSServer {
    static let openssl = "/usr/bin/openssl"
    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: openssl) }

    let port: UInt16
    /// PEM.
    let certificate: String
}

/// The server may not listen yet when the body begins.
func withTLSServer(_ body: (TLSServer) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }
    let request = try openssl(
        [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key",
            "-out", "certificate",
        ], in: directory)
    request.waitUntilExit()
    guard request.terminationStatus == 0 else { throw NeverHappened("openssl made no certificate") }
    let port = try freePort()
    let server = try openssl(
        ["s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert", "certificate", "-key", "key"], in: directory)
    defer { server.terminate() }
    try await body(TLSServer(port: port, certificate: directory.appendingPathComponent("certificate").path))
}

private func openssl(_ arguments: [String], in directory: URL) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: TLSServer.openssl)
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
}

import Foundation
import TestSupport

/// A TLS server with a certificate of its own making, for `localhost`; openssl plays it, where it is installed.
struct TLSServer {
    static let openssl = "/usr/bin/openssl"
    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: openssl) }

    let port: UInt16
    fileprivate let directory: URL

    /// Path of the PEM.
    var certificate: String { directory.appendingPathComponent("certificate").path }

    /// PEM of `certificate` and `key`; where clients must show theirs, of `client` and `client-key`.
    func text(_ name: String) throws -> String {
        try String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)
    }
}

/// The server may not listen yet when the body begins.
///
/// - Parameter demandsClients: it demands the certificate of `tenant`, and answers GET with what it knows of the client.
func withTLSServer(demandsClients: Bool = false, _ body: (TLSServer) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }
    try makeCertificate("localhost", "certificate", key: "key", in: directory)
    let port = try freePort()
    var arguments = ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", "certificate", "-key", "key"]
    if demandsClients {
        try makeCertificate("tenant", "client", key: "client-key", in: directory)
        arguments += ["-www", "-Verify", "1", "-verify_return_error", "-CAfile", "client"]
    } else {
        arguments.append("-quiet")
    }
    let server = try openssl(arguments, in: directory)
    defer { server.terminate() }
    try await body(TLSServer(port: port, directory: directory))
}

private func makeCertificate(_ name: String, _ file: String, key: String, in directory: URL) throws {
    let request = try openssl(
        [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
            "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-keyout", key, "-out", file,
        ], in: directory)
    request.waitUntilExit()
    guard request.terminationStatus == 0 else { throw NeverHappened("openssl made no certificate") }
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

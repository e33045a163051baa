import Foundation
package import Postgres

/// A server of one's own, in a fresh directory, for tests that stop it or restart it.
package func withServer<T>(
    port: UInt16? = nil, settings: [String: String] = [:], _ body: (LocalServer) async throws -> T
) async throws -> T {
    let directory = try temporaryServerDirectory()
    let server = try await LocalServer.start(
        directory: directory, port: port, settings: throwAwaySettings.merging(settings) { $1 })
    do {
        let value = try await body(server)
        try await server.stop(mode: .immediate)
        return value
    } catch {
        try? await server.stop(mode: .immediate)
        throw error
    }
}

/// PgBouncer in transaction mode before the server.
package func withPooler<T>(
    before server: LocalServer, sessions: Int, _ body: (LocalPooler) async throws -> T
) async throws -> T {
    let pooler = try await LocalPooler.start(before: server, port: try freePort(), sessions: sessions)
    do {
        let value = try await body(pooler)
        try await pooler.kill()
        return value
    } catch {
        try? await pooler.kill()
        throw error
    }
}

/// The data of tests need not outlive a power cut.
let throwAwaySettings = ["fsync": "off", "max_connections": "300", "shared_buffers": "32MB"]

/// A new directory whose server is ended, and which is removed, when this process has ended in whatever way: a shell
/// of its own watches over it, because a process that is killed runs no handlers.
package func temporaryServerDirectory() throws -> String {
    let name = "sluice-test-\(String(UInt32.random(in: .min ... .max), radix: 36))"
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    let guardian = Process()
    guardian.executableURL = URL(fileURLWithPath: "/bin/sh")
    guardian.arguments = ["-c", guardianScript, "guardian", "\(ProcessInfo.processInfo.processIdentifier)", directory]
    guardian.standardInput = FileHandle.nullDevice
    guardian.standardOutput = FileHandle.nullDevice
    guardian.standardError = FileHandle.nullDevice
    try guardian.run()
    return directory
}

/// $1 is the process to outlive, $2 the directory.
private let guardianScript = """
    trap '' INT TERM HUP
    while kill -0 "$1"; do sleep 1; done
    if pooler=$(cat "$2/pgbouncer.pid"); then kill -KILL "$pooler"; fi
    if server=$(head -n 1 "$2/data/postmaster.pid"); then
        kill -QUIT "$server" && while kill -0 "$server"; do sleep 0.1; done
    fi
    rm -rf "$2"
    """

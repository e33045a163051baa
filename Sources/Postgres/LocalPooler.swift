import Foundation

/// A PgBouncer in transaction mode before a private server, for tests and measurements: it keeps its files in the server's
/// directory, and takes the user `sluice` with a password, by SCRAM.
package struct LocalPooler: Sendable {
    /// Debian's place first; other systems have it on the PATH of the server's programs.
    private static let places = ["/usr/sbin", "/usr/bin", "/usr/local/bin"]
    private static let password = "through the pooler"

    private let server: LocalServer
    private let port: UInt16
    private let program: String

    private var file: String { server.directory + "/pgbouncer" }

    /// - Parameters:
    ///   - port: of 127.0.0.1.
    ///   - sessions: that it has with the server, at most.
    package static func start(before server: LocalServer, port: UInt16, sessions: Int = 8) async throws -> LocalPooler {
        let candidates = places.map { $0 + "/pgbouncer" }
        guard let program = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw LocalServerError(
                "PgBouncer is not in \(places.joined(separator: ", ")). Install Debian's package pgbouncer.")
        }
        let pooler = LocalPooler(server: server, port: port, program: program)
        let configuration = pooler.configuration(sessions: sessions)
        try configuration.write(toFile: pooler.file + ".ini", atomically: true, encoding: .utf8)
        try "\"sluice\" \"\(password)\"\n".write(toFile: pooler.file + ".users", atomically: true, encoding: .utf8)
        try await pooler.start()
        return pooler
    }

    /// Keywords for libpq.
    package var connectionString: String {
        "host=127.0.0.1 port=\(port) user=sluice dbname=sluice password='\(Self.password)'"
    }

    package func start() async throws {
        try await server.programs.run(program, ["-d", "-q", file + ".ini"], in: server.directory)
    }

    /// Cuts all connections, and returns when the process has ended, where it runs.
    package func kill() async throws {
        guard let text = try? String(contentsOfFile: file + ".pid", encoding: .utf8),
            let process = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)), isRunning(process)
        else { return }
        Foundation.kill(process, SIGKILL)
        // The kernel needs some milliseconds; one that it can't end hangs in it.
        for _ in 0..<1_000 where isRunning(process) { try await Task.sleep(for: .milliseconds(5)) }
        guard !isRunning(process) else { throw LocalServerError("PgBouncer (\(process)) did not end when killed.") }
        // It would take one that nobody has waited for yet for another instance.
        try FileManager.default.removeItem(atPath: file + ".pid")
    }

    /// One that has ended and is not waited for has no words.
    private func isRunning(_ process: pid_t) -> Bool {
        let words = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
        return String(decoding: words, as: UTF8.self).contains(file)
    }

    /// As docs/high-availability.md recommends.
    private func configuration(sessions: Int) -> String {
        """
        [databases]
        sluice = host=\(server.directory) port=\(server.portNumber) dbname=sluice user=sluice
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = \(port)
        unix_socket_dir =
        auth_type = scram-sha-256
        auth_file = \(file).users
        pool_mode = transaction
        default_pool_size = \(sessions)
        max_client_conn = 500
        server_login_retry = 1
        query_wait_timeout = 5
        logfile = \(file).log
        pidfile = \(file).pid
        """
    }
}

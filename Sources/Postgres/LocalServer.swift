import Foundation

/// A private PostgreSQL server that keeps everything in one directory: its `data`, its Unix socket and `server.log`.
/// Whoever may enter the directory may use the server, and nobody else can reach it unless it has a port.
package struct LocalServer: Sendable {
    package enum StopMode: String, Sendable {
        /// Ends all sessions and writes a checkpoint.
        case fast
        /// As if it crashed: the next start recovers.
        case immediate
    }

    /// `sizeof(sockaddr_un.sun_path)` on Linux, without the terminating zero.
    private static let longestSocketPath = 107

    package let directory: String
    private let port: UInt16?
    private let settings: [String: String]
    package let programs: ServerPrograms

    private var data: String { directory + "/data" }
    private var log: String { directory + "/server.log" }
    private var pidFile: String { data + "/postmaster.pid" }
    var portNumber: UInt16 { port ?? 5432 }

    /// Starts the server, and creates its directory, its data and the database `sluice` where they are missing. A
    /// server that an earlier process left behind in the directory is restarted with these settings.
    ///
    /// - Parameters:
    ///   - port: listens on 127.0.0.1 too, where every user of this machine gets in without a password.
    ///   - settings: over those of `postgresql.conf`.
    ///   - progress: told what takes long, in a sentence.
    package static func start(
        directory: String, port: UInt16? = nil, settings: [String: String] = [:],
        progress: @Sendable (String) -> Void = { _ in }
    ) async throws -> LocalServer {
        let server = LocalServer(
            directory: URL(fileURLWithPath: directory).standardizedFileURL.path, port: port, settings: settings,
            programs: try ServerPrograms.find())
        try server.claimDirectory()
        if !FileManager.default.fileExists(atPath: server.data + "/PG_VERSION") {
            progress("Creating a PostgreSQL server in \(server.directory)")
            try await server.initialize()
        }
        progress("Starting the PostgreSQL server in \(server.directory)")
        try await server.restart()
        try await server.createDatabase()
        return server
    }

    /// Keywords for libpq. The port is named even when it is the default: PGPORT may say otherwise.
    package var connectionString: String {
        let host = directory.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        return "host='\(host)' port=\(portNumber) user=sluice dbname=sluice"
    }

    package func start() async throws {
        let options = serverSettings.map { "-c " + shellQuoted("\($0.key)=\($0.value)") }.joined(separator: " ")
        do {
            try await control(["start", "-l", log, "-o", options])
        } catch {
            let lines = (try? String(contentsOfFile: log, encoding: .utf8))?.split(separator: "\n").suffix(5) ?? []
            throw LocalServerError("\(error)\n\(log) ends with:\n\(lines.joined(separator: "\n"))")
        }
    }

    /// Waits until the server has ended, where it runs.
    package func stop(mode: StopMode = .fast) async throws {
        guard try isRunning() else { return }
        try await control(["stop", "-m", mode.rawValue])
    }

    package func restart(mode: StopMode = .fast) async throws {
        try await stop(mode: mode)
        try await start()
    }
}

extension LocalServer {
    private func claimDirectory() throws {
        let socket = "\(directory)/.s.PGSQL.\(portNumber)"
        guard socket.utf8.count <= Self.longestSocketPath else {
            throw LocalServerError(
                "The path \(directory) is too long: the Unix socket in it would have \(socket.utf8.count) bytes, "
                    + "the system allows \(Self.longestSocketPath). Choose a shorter one.")
        }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let contents = try FileManager.default.contentsOfDirectory(atPath: directory)
        guard contents.isEmpty || contents.contains(where: { $0 == "data" || $0 == "data.new" }) else {
            throw LocalServerError("\(directory) holds other files than a server's. Choose an empty directory.")
        }
        try programs.own(directory)
    }

    /// The data get their name when they are complete, so that an interrupted run leaves nothing half-made to start.
    private func initialize() async throws {
        let unfinished = directory + "/data.new"
        if FileManager.default.fileExists(atPath: unfinished) { try FileManager.default.removeItem(atPath: unfinished) }
        try await programs.run(
            "initdb",
            ["-D", unfinished, "-U", "sluice", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"],
            in: directory)
        try FileManager.default.moveItem(atPath: unfinished, toPath: data)
    }

    private func createDatabase() async throws {
        let loop = try Loop()
        defer { loop.stop() }
        let settings = try ConnectionSettings(connectionString).with("dbname", "postgres")
        let client = Client(Client.Configuration(settings, name: "setup"), on: loop)
        let known = try await client.query(Statement("SELECT FROM pg_database WHERE datname = 'sluice'"))
        if known.count == 0 { _ = try await client.execute(Statement("CREATE DATABASE sluice")) }
        await client.close()
    }

    /// Privacy and place of the server are not for the caller to change.
    private var serverSettings: [(key: String, value: String)] {
        let own = [
            "listen_addresses": port == nil ? "" : "127.0.0.1",
            "port": "\(portNumber)",
            "unix_socket_directories": "\"\(directory)\"",
            "unix_socket_permissions": "0700",
        ]
        return settings.merging(own) { $1 }.sorted { $0.key < $1.key }
    }

    /// Recovery and the last checkpoint of a large database may take minutes. `pg_ctl` gives the server a session of
    /// its own, so that a Ctrl-C in the terminal does not reach it.
    private func control(_ arguments: [String]) async throws {
        try await programs.run("pg_ctl", arguments + ["-D", data, "-w", "-t", "300", "-s"], in: directory)
    }

    /// Whether the process that `postmaster.pid` names is this server. A number that belongs to another program by
    /// now, as after a restart of the machine, would keep the server from starting: then the file is removed.
    private func isRunning() throws -> Bool {
        guard let file = FileManager.default.contents(atPath: pidFile),
            let pid = String(decoding: file, as: UTF8.self).split(separator: "\n").first,
            let commandLine = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")
        else { return false }
        let words = commandLine.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        let isServer = words.first?.hasSuffix("postgres") == true
        if !isServer { try FileManager.default.removeItem(atPath: pidFile) }
        return isServer && words.contains(data)
    }
}

private func shellQuoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

/// A sentence that says what was wrong, where, and what to do.
package struct LocalServerError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

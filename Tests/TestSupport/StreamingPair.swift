import Foundation
import Glibc
package import Postgres

/// A primary and its synchronous standby, by PostgreSQL's own streaming replication: a commit is acknowledged when both
/// have it.
package struct StreamingPair: Sendable {
    package let primary: LocalServer
    package let standby: LocalServer
    private let ports: (UInt16, UInt16)

    /// Both servers; whoever connects gets the one that takes writes.
    package var connectionString: String {
        "host=127.0.0.1,127.0.0.1 port=\(ports.0),\(ports.1) user=sluice dbname=sluice "
            + "target_session_attrs=read-write connect_timeout=2"
    }

    package static func with<T>(_ body: (StreamingPair) async throws -> T) async throws -> T {
        let ports = (try freePort(), try freePort())
        return try await withServer(port: ports.0) { primary in
            let directory = try temporaryServerDirectory()
            try await primary.copy(to: directory)
            let standby = try await LocalServer.start(
                directory: directory, port: ports.1,
                settings: throwAwaySettings.merging(["max_standby_streaming_delay": "0"]) { $1 })
            let pair = StreamingPair(primary: primary, standby: standby, ports: ports)
            do {
                try await pair.demandSynchrony()
                let value = try await body(pair)
                try await standby.stop(mode: .immediate)
                return value
            } catch {
                try? await standby.stop(mode: .immediate)
                throw error
            }
        }
    }

    /// The standby becomes the primary; returns when it takes writes.
    package func promote() async throws {
        try await withClients(of: standby.connectionString) { database in
            _ = try await database.client().execute(Statement("SELECT pg_promote()"))
        }
    }

    private func demandSynchrony() async throws {
        try await withClients(of: primary.connectionString) { database in
            let client = database.client()
            _ = try await client.execute(Statement("ALTER SYSTEM SET synchronous_standby_names = '*'"))
            _ = try await client.execute(Statement("SELECT pg_reload_conf()"))
            let synchronous = Statement("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'")
            try await eventually { try await client.query(synchronous).count == 1 }
        }
    }
}

extension LocalServer {
    /// As a power cut would: all its processes end at once, and nothing is said to anybody.
    package func crash() throws {
        let file = try String(contentsOfFile: directory + "/data/postmaster.pid", encoding: .utf8)
        guard let postmaster = file.split(separator: "\n").first.flatMap({ pid_t($0) }) else {
            throw NeverHappened("no process in \(directory)/data/postmaster.pid")
        }
        let list = try String(contentsOfFile: "/proc/\(postmaster)/task/\(postmaster)/children", encoding: .utf8)
        for process in [postmaster] + list.split(separator: " ").compactMap({ pid_t($0) }) { kill(process, SIGKILL) }
    }

    /// A copy of its data in another directory, which follows it when it is started.
    fileprivate func copy(to directory: String) async throws {
        try programs.own(directory)
        try await programs.run(
            "pg_basebackup",
            [
                "-D", directory + "/data", "--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-d",
                connectionString + " application_name=standby",
            ], in: directory)
    }
}

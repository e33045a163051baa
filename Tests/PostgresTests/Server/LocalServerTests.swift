import Foundation
import TestSupport
import Testing

@testable import Postgres

@Suite struct LocalServerTests {
    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = try temporaryServerDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(directory)
    }

    private func holds(_ condition: String, at server: LocalServer) async throws -> Bool {
        try await withClients(of: server.connectionString) { try await $0.client().int("(\(condition))::int4") == 1 }
    }

    @Test func startsTakesOverAndStops() async throws {
        try await withDirectory { directory in
            let steps = Shared<[String]>([])
            let server = try await LocalServer.start(directory: directory, settings: ["work_mem": "5MB"]) { step in
                steps.update { $0.append(step) }
            }
            #expect(steps.value.count == 2)
            #expect(try await holds("current_database() = 'sluice'", at: server))
            for (setting, value) in [
                ("listen_addresses", ""), ("fsync", "on"), ("data_checksums", "on"), ("server_encoding", "UTF8"),
                ("work_mem", "5MB"),
            ] {
                #expect(try await holds("current_setting('\(setting)') = '\(value)'", at: server), "\(setting)")
            }
            let mode = try FileManager.default.attributesOfItem(atPath: directory)[.posixPermissions] as? Int
            #expect(mode == 0o700)

            let another = try await LocalServer.start(directory: directory, settings: ["work_mem": "6MB"])
            #expect(try await holds("current_setting('work_mem') = '6MB'", at: another))
            try await another.stop()
            try await another.stop()
            try await another.start()
            #expect(try await holds("true", at: server))
            try await server.stop(mode: .immediate)
        }
    }

    @Test func startsOverAFileThatACrashLeftBehind() async throws {
        try await withServer { server in
            let pidFile =
                try #require(
                    server.connectionString.split(separator: "'").first { $0.hasPrefix("/") }) + "/data/postmaster.pid"
            let text = try String(contentsOfFile: String(pidFile), encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            try await server.stop(mode: .immediate)
            // The number has come to belong to another program: to this one.
            let stale = ["\(ProcessInfo.processInfo.processIdentifier)"] + lines.dropFirst().map(String.init)
            try stale.joined(separator: "\n").write(toFile: String(pidFile), atomically: false, encoding: .utf8)
            try await server.start()
            #expect(try await holds("true", at: server))
        }
    }

    @Test func refusesAPathThatIsTooLong() async throws {
        let directory = "/tmp/" + String(repeating: "x", count: 100)
        let error = await #expect(throws: LocalServerError.self) { try await LocalServer.start(directory: directory) }
        #expect(error?.description.contains("107") == true)
        #expect(!FileManager.default.fileExists(atPath: directory))
    }

    @Test func refusesADirectoryWithOtherFiles() async throws {
        try await withDirectory { directory in
            try "mine".write(toFile: directory + "/notes.txt", atomically: false, encoding: .utf8)
            let error = await #expect(throws: LocalServerError.self) {
                try await LocalServer.start(directory: directory)
            }
            #expect(error?.description.contains(directory) == true)
        }
    }

    @Test func aSettingThatTheServerRefusesIsInTheError() async throws {
        try await withDirectory { directory in
            let error = await #expect(throws: LocalServerError.self) {
                try await LocalServer.start(directory: directory, settings: ["no_such_setting": "it's"])
            }
            #expect(error?.description.contains("no_such_setting") == true)
        }
    }
}

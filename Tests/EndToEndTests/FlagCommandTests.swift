import Foundation
import TestSupport
import Testing

/// Feature flags, from the command line.
struct FlagCommandTests {
    @Test(.timeLimit(.minutes(4))) func flagsAreDefinedSwitchedAndLookedAt() async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let site = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9")
                let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
                defer { try? FileManager.default.removeItem(at: file) }
                func write(_ json: String) throws { try Data(json.utf8).write(to: file) }
                try write(#"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}"#)
                #expect(
                    try await site.run(["flag", "put", "acme", "f", file.path, "--owner", "a", "--reason", "new"])
                        == "1")
                #expect(try await site.rows(["flag", "list", "acme"]) == [["f", "boolean", "1", "enabled", "-", "a"]])
                #expect(try await site.run(["flag", "evaluate", "acme", "f"]) == "true  on  STATIC")
                #expect(try await site.run(["flag", "kill", "acme", "f", "--variant", "off"]) == "2")
                #expect(try await site.run(["flag", "evaluate", "acme", "f"]) == "false  off  STATIC")
                #expect(try await site.run(["flag", "revert", "acme", "f", "1", "--reason", "all good"]) == "3")
                let log = try await site.run(["flag", "log", "acme", "f"])
                #expect(log.split(separator: "\n").count == 4 && log.contains(/revert +operator \S+ +all good/))
                #expect(try await site.run(["flag", "show", "acme", "f", "--json"]).contains(#""owner":"a""#))
                let exported = try await site.run(["flag", "export", "acme"])
                try write(exported)
                #expect(
                    try await site.run(["flag", "import", "acme", file.path, "--environment", "staging"])
                        == "version 1: 1 made, 0 changed, 0 archived")
                #expect(
                    try await site.rows(["flag", "usage", "acme", "-e", "staging"]) == [["f", "0", "never", "-", "-"]])
                _ = try await site.run(["flag", "archive", "acme", "f"])
                #expect(
                    try await site.rows(["flag", "list", "acme"]) == [["f", "boolean", "4", "archived", "-", "a"]])
                try write(#"{"state": "ENABLED", "variants": {"off": false}, "defaultVariant": "off"}"#)
                #expect(try await site.run(["flag", "put", "-", "wait", file.path]) == "1")
                #expect(try await site.rows(["flag", "list", "-"]) == [["wait", "boolean", "1", "enabled", "-", "-"]])

                try write(#"{"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "b"}"#)
                for (command, words) in [
                    (["flag", "put", "acme", "g", file.path], "defaultVariant names no variant"),
                    (["flag", "put", "acme", "a/b", file.path], "key must be"),
                    (["flag", "put", "acme", "g", "/no/such/file"], "can't read"),
                    (["flag", "kill", "acme", "f"], "no such flag"),
                    (["flag", "evaluate", "acme", "f", "-e", "nix"], "no such environment"),
                    (["flag", "revert", "acme", "f", "9"], "no such version"),
                    (["flag", "list", "nobody"], "no tenant nobody"),
                    (["flag", "list", "acme", "-e", "A"], "is no name"),
                ] {
                    let process = try await processes.run(command, site.environment)
                    #expect(process.status != 0 && process.errors.contains(words), "\(command) \(process.errors)")
                }
            }
        }
    }
}

import Foundation
import Sink
import TestSupport
import Testing

/// The commands of an operator, as a shell runs them.
struct CommandTests {
    @Test(.timeLimit(.minutes(3))) func circuitsAndHealthChecksAreSteered() async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let installation = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9")
                let reason = ["--reason", "works on the line", "--actor", "ada"]
                let paused = try await installation.run(
                    ["circuit", "pause", "acme", "sink"] + reason + ["--for", "60"])
                #expect(paused.contains("forced_open") && paused.contains("works on the line"), "\(paused)")
                let shown = try await installation.run(["circuit", "show", "acme"])
                #expect(shown.contains("sink") && shown.contains("ada"))
                _ = try await installation.run(["circuit", "resume", "acme", "sink"] + reason)
                let limited = try await installation.run(
                    ["circuit", "limit", "acme", "sink", "--deliveries", "5"] + reason)
                #expect(limited.contains("0/5"), "\(limited)")
                let one = try await installation.run(["circuit", "show", "acme", "sink", "--json"])
                let all = try await installation.run(["circuit", "show", "acme", "--json"])
                #expect(one.hasPrefix(#"{"destination":"sink""#) && all.hasPrefix("[\n{"), "\(one)\(all)")
                let history = try await installation.run(["circuit", "history", "acme", "sink"])
                #expect(history.split(separator: "\n").count == 4 && history.contains("ada"), "\(history)")
                _ = try await installation.run(["circuit", "policy", "acme", #"{"consecutive": 3}"#])

                let id = try await installation.run(["health", "add", "acme", "sink", "tcp", "127.0.0.1:9"])
                let list = try await installation.run(["health", "list", "acme", "sink"])
                #expect(list.contains("\n\(id)  unknown  tcp   127.0.0.1:9  canary"), "\(list)")
                _ = try await installation.run(["health", "remove", "acme", "sink", id])
                #expect(try await installation.run(["health", "list", "acme", "sink"]).isEmpty)
            }
        }
    }

    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            (["circuit", "pause", "acme", "sink"], "--reason"),
            (["circuit", "pause", "acme", "nix", "--reason", "x"], "tenant acme has no destination nix"),
            (["circuit", "show", "nix"], "there is no tenant nix"),
            (["circuit", "probe", "acme", "sink", "--reason", "x"], "it is not open"),
            (["circuit", "policy", "acme", #"{"consecutive": -1}"#], "consecutive is"),
            (["circuit", "policy", "acme", "[]"], "must be a JSON object"),
            (["circuit", "replay", "/nowhere.json"], "can't be read"),
            (["health", "add", "acme", "sink", "tcp", "127.0.0.1"], "target_is_of_its_kind"),
            (["health", "remove", "acme", "sink", "1"], "1 is no id"),
        ])
    func whatIsWrongIsTold(_ command: [String], _ words: String) async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let installation = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9")
                let process = try await processes.run(command, installation.environment)
                #expect(process.status != 0)
                #expect(process.errors.contains(words), "\(process.output)\(process.errors)")
            }
        }
    }
}

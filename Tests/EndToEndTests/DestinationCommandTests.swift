import Foundation
import TestSupport
import Testing

/// Destinations and the key that seals their secrets, from the command line.
struct DestinationCommandTests {
    @Test(.timeLimit(.minutes(3))) func destinationsAreMadeShownAndDeletedAndSecretsSealedAnew() async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let installation = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9",
                    options: ["--secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "--timeout", "7"])
                let shown = try await installation.run(["destination", "show", "acme", "sink", "--json"])
                #expect(shown.contains(#""timeout_ms":7000"#) && shown.contains(#""secret":{"set":true}"#))
                #expect(!shown.contains("whsec_"))

                // What is shown can be changed and put again; the secret stays.
                let file = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID()).json")
                try Data(shown.utf8).write(to: file)
                defer { try? FileManager.default.removeItem(at: file) }
                let url = "http://127.0.0.1:10"
                _ = try await installation.run(
                    ["destination", "put", "acme", "sink", url, "--settings", file.path, "--max-attempts", "3"])
                let again = try await installation.run(["destination", "show", "acme", "sink", "--json"])
                #expect(again.contains(#""max_attempts":3"#) && again.contains(#""secret":{"set":true}"#))
                #expect(
                    try await installation.run(["destination", "list", "acme"]).hasSuffix("\nsink  \(url)  active"))

                let old = try #require(installation.environment["SLUICE_SECRETS_KEY"])
                let key = try await installation.run(["secrets", "new-key"])
                let rotating = installation.environment.merging(
                    ["SLUICE_SECRETS_KEY": key, "SLUICE_SECRETS_OLD_KEYS": old]) { $1 }
                let rotated = try await processes.run(["secrets", "rotate"], rotating)
                #expect(rotated.status == 0 && rotated.output.contains("sealed anew: 1"), "\(rotated.errors)")
                let forgotten = try await processes.run(["secrets", "rotate"], installation.environment)
                #expect(forgotten.status != 0 && forgotten.errors.contains("SLUICE_SECRETS_OLD_KEYS"))

                let deleted = try await installation.run(["destination", "delete", "acme", "sink"])
                #expect(deleted == "being deleted; deliveries left: 0")
                #expect(try await installation.run(["destination", "list", "acme"]).contains("being deleted (drain)"))
            }
        }
    }

    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            (["destination", "put", "acme", "sink", "ftp://a"], "base_url must begin with http:// or https://"),
            (["destination", "put", "acme", "sink", "http://a", "--timeout", "0"], "timeout_ms must be"),
            (["destination", "put", "acme", "sink", "http://a", "--secret", "x"], "signing_keys[0].secret must be"),
            (["destination", "put", "acme", "sink", "http://a", "--settings", "/nowhere"], "can't be read"),
            (["destination", "show", "acme", "nix"], "tenant acme has no destination nix"),
            (["destination", "delete", "acme", "sink", "--backlog", "burn"], "backlog"),
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

    @Test(.timeLimit(.minutes(3))) func aNetworkThatIsNoneIsTold() async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let installation = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9")
                let process = try await processes.run(
                    ["work"], installation.environment.merging(["SLUICE_EGRESS_ALLOW": "localhost"]) { $1 })
                #expect(process.status == 78 && process.errors.contains("SLUICE_EGRESS_ALLOW: localhost is no network"))
            }
        }
    }
}

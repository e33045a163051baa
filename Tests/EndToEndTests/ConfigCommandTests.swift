import Foundation
import TestSupport
import Testing

/// Settings as an operator meets them: at a start, and by `sluice config`.
struct ConfigCommandTests {
    private static let key = Data(repeating: 7, count: 32).base64EncodedString()
    /// Nobody listens there.
    private static let database = "postgresql://sluice:hunter2@127.0.0.1:9/sluice"

    @Test(.timeLimit(.minutes(1)), arguments: ["serve", "work"])
    func allMistakesAreToldBeforeTheDatabaseIsAsked(_ command: String) async throws {
        try await withProcesses { processes in
            let process = try await processes.run(
                [command, "--worker-drain", "2x"],
                [
                    "SLUICE_DATABASE_URL": Self.database, "SLUICE_SECRETS_KEY": Self.key,
                    "SLUICE_WORKER_CONCURENCY": "3", "SLUICE_PORT": "99999",
                ])
            #expect(process.status == 78)
            #expect(process.output.isEmpty)
            #expect(
                process.errors == """
                    SLUICE_WORKER_CONCURENCY is not a setting; did you mean SLUICE_WORKER_CONCURRENCY?
                    SLUICE_PORT: 99999 is not a whole number from 0 to 65535
                    --worker-drain: 2x is not a time from 0s to 1h

                    """)
        }
    }

    /// Each wrong by itself; the text of a secret is never shown.
    @Test(.timeLimit(.minutes(1))) func everySettingIsChecked() async throws {
        let wrong = [
            "SLUICE_DATABASE_URL": "hunter2", "SLUICE_DATABASE_DIRECT_URL": "hunter2",
            "SLUICE_DATABASE_REPLICA_URL": "hunter2", "SLUICE_SECRETS_KEY": "hunter2",
            "SLUICE_SECRETS_OLD_KEYS": "hunter2",
            "SLUICE_OPERATOR_TOKEN": "hunter2", "SLUICE_PORT": "-1", "SLUICE_API_PROCESSES": "0",
            "SLUICE_BODY_LIMIT": "1.5", "SLUICE_STORE_DEADLINE": "301", "SLUICE_IDEMPOTENCY_WINDOW": "366d",
            "SLUICE_RETENTION_DAYS": "0", "SLUICE_EGRESS_ALLOW": "localhost", "SLUICE_WORKER_CONCURRENCY": "many",
            "SLUICE_WORKER_DRAIN": "2h", "SLUICE_SERVE_DRAIN": "6m", "SLUICE_LOG_LEVEL": "loud",
            "SLUICE_LOG_FORMAT": "xml", "SLUICE_METRICS_PORT": "0", "SLUICE_METRICS_TOKEN": "hunter2",
            "SLUICE_OTLP_HEADERS": "api-key=hunter2", "SLUICE_OTLP_ENDPOINT": "http://me:hunter2@localhost:4318",
            "SLUICE_TRACE_RATIO": "2",
        ]
        try await withProcesses { processes in
            let process = try await processes.run(["config", "check"], wrong)
            #expect(process.status == 78)
            let lines = process.errors.split(separator: "\n")
            #expect(lines.count == wrong.count, "\(process.errors)")
            for name in wrong.keys { #expect(lines.contains { $0.hasPrefix(name + ": ") }, "\(name)") }
            #expect(!process.errors.contains("hunter2"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func missingOnesAreTold() async throws {
        try await withProcesses { processes in
            let process = try await processes.run(["config", "check"])
            #expect(process.status == 78)
            #expect(process.errors.contains("SLUICE_DATABASE_URL is missing; "))
            #expect(process.errors.contains("SLUICE_SECRETS_KEY is missing; "))
            let asked = try await processes.run(["config", "check", "--json"])
            #expect(
                asked.status == 78 && asked.errors.hasPrefix(#"{"error":{"status":78,"message":"SLUICE_DATABASE_URL"#))
            let right = try await processes.run(
                ["config", "check", "--database-url", Self.database],
                ["SLUICE_SECRETS_KEY": Self.key, "SLUICE_PORT": "tcp://10.0.0.1:8080"])
            #expect(right.status == 0, "\(right.errors)")
            #expect(right.output.hasSuffix("fine: the settings are right\n"))
            #expect(right.output.contains("SLUICE_PORT is left alone: Kubernetes"))
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatHoldsIsShownWithItsOrigin() async throws {
        try await withFile("port: 8081\nhost: ::1\nworker_drain: 3\n") { file in
            try await withProcesses { processes in
                let process = try await processes.run(
                    ["config", "show", "--config", file, "--worker-drain=5s"],
                    ["SLUICE_HOST": "0.0.0.0", "SLUICE_DATABASE_URL": Self.database, "SLUICE_SECRETS_KEY": Self.key])
                #expect(process.status == 0, "\(process.errors)")
                let rows = Self.rows(process)
                #expect(rows["port"] == ["8081", "file (\(file):1: port)"])
                #expect(rows["host"] == ["0.0.0.0", "environment (SLUICE_HOST)"])
                #expect(rows["worker_drain"] == ["5s", "flag (--worker-drain)"])
                #expect(rows["store_deadline"] == ["10s", "default"])
                #expect(rows["secrets_key"] == ["set", "environment (SLUICE_SECRETS_KEY)"])
                #expect(rows["database_url"]?.first == "set" && !process.output.contains("hunter2"))
            }
        }
    }

    /// It is open to every user of the machine.
    @Test(.timeLimit(.minutes(1))) func anOpenFileOfASecretIsToldNotRefused() async throws {
        try await withFile(Self.key + "\n") { file in
            try await withProcesses { processes in
                for (mode, isTold) in [(0o644, true), (0o640, false)] {
                    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
                    let process = try await processes.run(
                        ["config", "check"], ["SLUICE_DATABASE_URL": Self.database, "SLUICE_SECRETS_KEY_FILE": file])
                    #expect(process.status == 0, "\(process.errors)")
                    #expect(process.output.contains("doubtful: SLUICE_SECRETS_KEY_FILE: every user may") == isTold)
                }
            }
        }
    }

    /// Where a file of settings is open, it may say where the database is, but not a password.
    @Test(.timeLimit(.minutes(1)), arguments: [("sluice@", false), ("sluice:hunter2@", true)])
    func aConnectionStringIsSecretForItsPassword(_ user: String, _ isTold: Bool) async throws {
        try await withFile("database_url: postgresql://\(user)127.0.0.1:9/sluice\n") { file in
            try await withProcesses { processes in
                try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
                let process = try await processes.run(
                    ["config", "check", "--config", file], ["SLUICE_SECRETS_KEY": Self.key])
                #expect(process.status == 0, "\(process.errors)")
                #expect(process.output.contains("doubtful: \(file):1: database_url: every user may") == isTold)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func theDocumentationIsWhatTheCodeSays() async throws {
        try await withProcesses { processes in
            let page = try Repository.text("docs/configuration.md")
            let reference = try await processes.run(["config", "reference"]).output
            let committed = page.split(separator: "<!-- sluice config reference -->\n")
            #expect(committed.count == 3 && String(committed[1]) == reference)
            #expect(
                try await processes.run(["config", "example"]).output == Repository.text("docs/sluice.example.yaml"))
        }
    }

    /// The example sets what holds without it.
    @Test(.timeLimit(.minutes(1))) func theExampleEqualsTheDefaults() async throws {
        let example = Repository.path("docs/sluice.example.yaml")
        try await withProcesses { processes in
            let plain = Self.rows(try await processes.run(["config", "show"]))
            let loaded = Self.rows(try await processes.run(["config", "show"], ["SLUICE_CONFIG_FILE": example]))
            #expect(plain.count > 10)
            #expect(loaded["port"]?.last?.hasPrefix("file (") == true)
            for (name, row) in plain where name != "config_file" {
                #expect(loaded[name]?.first == row.first, "\(name)")
            }
        }
    }

    /// In pages, scripts and containers.
    @Test(.timeLimit(.minutes(1))) func everyVariableThatIsMentionedIsKnown() async throws {
        let known = ["README.md", "Dockerfile", "docker-compose.yml"]
        let folders = try ["docs", "scripts", "containers"].flatMap { folder in
            try FileManager.default.subpathsOfDirectory(atPath: Repository.path(folder))
                .filter { $0.contains(/\.(md|sh|yaml|yml)$/) }.map { "\(folder)/\($0)" }
        }
        var mentioned: Set<String> = []
        for path in known + folders {
            mentioned.formUnion(
                try Repository.text(path).matches(of: /\bSLUICE_[A-Z0-9_]+\b/).map { String($0.output) })
        }
        mentioned.remove("SLUICE_CONFIG_FILE")
        #expect(mentioned.count > 15)
        try await withProcesses { processes in
            let values = Dictionary(uniqueKeysWithValues: mentioned.map { ($0, "x") })
            let check = try await processes.run(["config", "check"], values)
            #expect(check.errors.split(separator: "\n").filter { $0.contains("is not a setting") } == [])
        }
    }

    /// Of `config show`: value and origin by name.
    private static func rows(_ process: GatewayProcess) -> [String: [String]] {
        let rows = process.output.split(separator: "\n").map { line in
            line.split(separator: #/ {2,}/#).map(String.init)
        }
        return Dictionary(rows.map { ($0[0], Array($0.dropFirst())) }) { $1 }
    }

    private func withFile(_ text: String, _ body: (String) async throws -> Void) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString).yaml")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await body(file.path)
    }
}

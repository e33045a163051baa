import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import sluice

/// What a shell completes, and whether docs/cli.md knows every command.
struct CompletionTests {
    @Test(.timeLimit(.minutes(5))) func bashCompletesCommandsTenantsAndDestinations() async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let site = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9")
                let script = FileManager.default.temporaryDirectory.appendingPathComponent("completion-\(UUID())")
                defer { try? FileManager.default.removeItem(at: script) }
                try Data((try await site.run(["completion", "bash"]) + Self.tries).utf8).write(to: script)
                let path = executable.deletingLastPathComponent().path + ":/usr/bin:/bin"
                let bash = try processes.start(
                    [script.path], site.environment.merging(["PATH": path]) { $1 },
                    program: URL(fileURLWithPath: "/bin/bash"))
                #expect(try await bash.ended() == 0, "\(bash.errors)")
                #expect(bash.output == "circuit\npause\nacme\nsink\n--reason\n", "\(bash.output)\(bash.errors)")
            }
        }
    }

    /// As bash calls the function of a command when its user presses the tab.
    private static let tries = """

        try() {
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_TYPE=9 COMPREPLY=()
            COMP_POINT=${#COMP_LINE}
            "$(complete -p sluice | sed 's/.*-F \\([^ ]*\\).*/\\1/')" sluice "${!#}" "${COMP_WORDS[COMP_CWORD-1]}"
            echo "${COMPREPLY[*]}"
        }
        try sluice cir
        try sluice circuit pa
        try sluice circuit show ac
        try sluice circuit show acme s
        try sluice circuit pause --rea

        """

    @Test(arguments: ["bash", "zsh", "fish"])
    func thereIsAScriptForEachShell(_ shell: String) throws {
        let shell = try #require(CompletionShell(rawValue: shell))
        #expect(Sluice.completionScript(for: shell).contains("dead-letter"))
    }

    @Test func theManualNamesEveryCommand() throws {
        let manual = try Repository.text("docs/cli.md")
        for noun in Sluice.configuration.subcommands {
            let name = noun._commandName
            #expect(manual.contains("`sluice \(name)`") || manual.contains("| `\(name)` |"), "\(name)")
            guard let line = manual.split(separator: "\n").first(where: { $0.hasPrefix("| `\(name)` |") }) else {
                continue
            }
            for verb in noun.configuration.subcommands {
                #expect(line.contains("`\(verb._commandName)`"), "\(name) \(verb._commandName)")
            }
        }
        for status in ExitStatuses.all { #expect(manual.contains("| \(status) |"), "\(status)") }
    }

    /// Swift Testing has a type of the same name.
    private enum ExitStatuses { static let all = sluice.ExitStatus.allCases.map(\.rawValue) }
}

import Foundation
import TestSupport
import Testing

/// `sluice top`, in a pipe and on a terminal.
struct TopTests {
    @Test(.timeLimit(.minutes(5))) func showsADatabaseOnceAndOnATerminalThatItRestores() async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let site = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:9")
                _ = try await site.run(["circuit", "pause", "acme", "sink", "--reason", "x"])
                let once = try await site.run(["top", "--once", "--interval", "0.2"])
                #expect(once.hasPrefix("sluice top  "))
                #expect(once.contains(#/\nacme +sink +forced_open +0 /#), "\(once)")
                let json = try await site.run(["top", "--once", "--interval", "0.2", "--json"])
                let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
                #expect(object?["processes"] as? Int == 0 && object?["waiting"] as? Int == 0, "\(json)")

                let seen = FileManager.default.temporaryDirectory.appendingPathComponent("top-\(UUID())").path
                defer { for file in [seen, seen + ".pid"] { try? FileManager.default.removeItem(atPath: file) } }
                let terminal = try processes.start(
                    ["-qefc", Self.session(executable.path, seen), seen], site.environment,
                    program: URL(fileURLWithPath: "/usr/bin/script"))
                #expect(try await terminal.ended() == 0, "\(terminal.output)")
                #expect(terminal.output.contains("\u{1b}[?1049h") && terminal.output.contains("\u{1b}[?1049l"))
                #expect(terminal.output.contains("forced_open"), "\(terminal.output)")
                #expect(terminal.output.contains("restored"), "\(terminal.output)")
            }
        }
    }

    /// Ended by SIGTERM when the terminal has shown the circuit, or in vain after 15 s. The pattern does not find itself in
    /// the command that `script` writes down first.
    private static func session(_ program: String, _ seen: String) -> String {
        """
        stty cols 80 rows 24; before=$(stty -g)
        (for _ in $(seq 150); do grep -q "forced_ope[n]" '\(seen)' && break; sleep 0.1; done
         kill -s TERM "$(cat '\(seen).pid')") &
        sh -c 'echo $$ >"$1.pid"; exec "$2" top --interval 0.2' sh '\(seen)' '\(program)' || exit 1
        [ "$before" = "$(stty -g)" ] && echo restored
        """
    }
}

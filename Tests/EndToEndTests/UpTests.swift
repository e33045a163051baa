import Foundation
import Glibc
import TestSupport
import Testing

/// What a newcomer does first.
struct UpTests {
    @Test(.timeLimit(.minutes(3))) func startsFromNothingAndFindsItsDataAgain() async throws {
        try await withDirectory { directory in
            try await withProcesses { processes in
                let (first, caller) = try await up(processes, directory)
                let id = try await caller.post("/in/sink/hello?from=me", Array("Hello, Sluice".utf8)).id()
                let line = try await first.line("sink got POST /hello?from=me ")
                #expect(line == "(13 bytes, signed) Hello, Sluice")
                try await end(first, directory)

                let (second, again) = try await up(processes, directory)
                #expect(again.key == caller.key)
                let status = try await again.status(id)
                #expect(status.path == "/hello")
                #expect(status.deliveries.map(\.state) == ["delivered"])
                #expect(status.deliveries.map(\.destination) == ["sink"])
                _ = try await again.post("/in/sink/again", Array("again".utf8)).id()
                #expect(try await second.line("sink got POST /again ") == "(5 bytes, signed) again")
                try await end(second, directory)
            }
        }
    }

    /// The README's way: a destination is taken down by hand, its requests are held, and it comes back.
    @Test(.timeLimit(.minutes(3))) func aDestinationGoesDownAndComesBack() async throws {
        try await withDirectory { directory in
            try await withProcesses { processes in
                let (gateway, caller) = try await up(processes, directory)
                let settings = "export " + (try await gateway.line("  export "))
                func shell(_ command: String) async throws -> String {
                    let run = try processes.start(
                        ["-c", settings + "\n" + command], program: URL(fileURLWithPath: "/bin/bash"))
                    #expect(try await run.ended() == 0, "\(run.errors)")
                    return run.output
                }
                let look = #"psql "$SLUICE_DATABASE_URL" -Atc "#
                let port = try freePort()
                var sink = try processes.start(["sink", "--port", "\(port)"])
                _ = try await sink.line("listening on ")
                _ = try await shell("sluice destination put demo shop http://127.0.0.1:\(port)")
                try await eventually { try await caller.post("/in/shop/orders", Array("order 00".utf8)).status == 202 }
                #expect(try await sink.line("sink got POST /orders ") == "(8 bytes, unsigned) order 00")
                #expect(try await sink.terminate(SIGINT) == 0)

                let orders = (10..<30).map { "order \($0)" }
                for order in orders { _ = try await caller.post("/in/shop/orders", Array(order.utf8)).id() }
                try await eventually { try await shell("sluice circuit show demo shop").contains("open") }
                try await eventually {
                    try await shell(look + #""SELECT destination, held > 15, state FROM sluice.holds""#)
                        == "shop|t|open\n"
                }

                sink = try processes.start(["sink", "--port", "\(port)"])
                try await eventually(within: .seconds(60)) {
                    let output = sink.output
                    return orders.allSatisfy { output.contains($0) }
                }
                #expect(
                    try await shell(look + #""SELECT gate FROM sluice.circuits WHERE destination = 'shop'""#)
                        == "pass\n")
                try await end(gateway, directory)
            }
        }
    }

    private func up(_ processes: Processes, _ directory: URL) async throws -> (GatewayProcess, Caller) {
        let process = try processes.start(["up", "--data-dir", directory.path], ["SLUICE_PORT": "0"])
        let line = try await process.line("  curl -i http://127.0.0.1:", within: .seconds(60))
        let pasted = try #require(line.wholeMatch(of: /(\d+)\/in\/sink\/hello\?from=me -H 'Sluice-Key: (\S+)' -d '.*'/))
        return (process, Caller(url: "http://127.0.0.1:\(pasted.1)", key: String(pasted.2)))
    }

    /// Ctrl-C ends the private server, too.
    private func end(_ process: GatewayProcess, _ directory: URL) async throws {
        let pidFile = directory.appendingPathComponent("postgres/data/postmaster.pid").path
        let contents = try String(contentsOfFile: pidFile, encoding: .utf8)
        let postmaster = try #require(contents.split(separator: "\n").first.flatMap { Int($0) })
        #expect(isAlive(postmaster))
        #expect(try await process.terminate(SIGINT, within: .seconds(30)) == 0, "\(process.errors)")
        #expect(!FileManager.default.fileExists(atPath: pidFile))
        #expect(!isAlive(postmaster))
    }

    /// One that has ended and that nobody waited for has no command line any more.
    private func isAlive(_ pid: Int) -> Bool {
        FileManager.default.contents(atPath: "/proc/\(pid)/cmdline").map { !$0.isEmpty } ?? false
    }

    /// Short, for the socket in it.
    private func withDirectory(_ body: (URL) async throws -> Void) async throws {
        let name = "sluice-up-\(String(UInt32.random(in: .min ... .max), radix: 36))"
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }
}

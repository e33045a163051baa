import Foundation
import Sink
import TestSupport
import Testing

/// The tour of `docs/api.md`, with a shell and curl, as its readers go it.
struct APITourTests {
    private static let token = "an operator's token"

    private struct Step {
        let command: String
        let shown: String
    }

    private func steps() throws -> [Step] {
        let blocks = try MarkdownPage("docs/api.md").blocks
        return zip(blocks, blocks.dropFirst()).compactMap { block, next in
            guard block.language == "sh", next.language == "http", next.isAnswer else { return nil }
            return Step(command: block.text, shown: next.text)
        }
    }

    @Test func everyCallHasAnAnswer() throws {
        let blocks = try MarkdownPage("docs/api.md").blocks
        #expect(try steps().count == blocks.count { $0.language == "sh" && $0.text.contains("curl") })
        #expect(try steps().count > 25)
    }

    @Test(.timeLimit(.minutes(5))) func everyAnswerIsAsThePageShows() async throws {
        try await Arrivals.with { good in
            try await Arrivals.with(.status(410)) { refusing in
                try await withDatabase { database in
                    try await withProcesses { processes in
                        let site = try await Installation(
                            processes, database: database.connectionString, destination: good.sink.url)
                        let (_, caller) = try await site.serve(["SLUICE_OPERATOR_TOKEN": Self.token])
                        _ = try site.work()
                        try await go(
                            processes, ["SLUICE": caller.url, "KEY": site.key, "OPERATOR_TOKEN": Self.token],
                            places: [
                                "http://127.0.0.1:9000": good.sink.url, "http://127.0.0.1:9001": refusing.sink.url,
                            ])
                    }
                }
            }
        }
    }

    private func go(_ processes: Processes, _ variables: [String: String], places: [String: String]) async throws {
        var variables = variables
        for step in try steps() {
            let shown = PageAnswer(Self.at(places, step.shown))
            let command = Self.at(places, step.command)
            var (answer, differences) = (PageAnswer(""), [String]())
            // What was made a moment ago may not be known everywhere, and what was accepted not be delivered. A call that
            // has changed something is not made again.
            let isRead = !["--json", "--data", " -d ", " -X "].contains { command.contains($0) }
            try? await eventually(within: .seconds(15)) {
                let run = try processes.start(
                    ["-c", command], variables, program: URL(fileURLWithPath: "/bin/bash"))
                _ = try await run.ended()
                answer = PageAnswer(run.output)
                differences = shown.differences(to: answer)
                return differences.isEmpty || answer.status.hasPrefix("2") && !isRead
            }
            #expect(differences == [], "\(command)")
            if answer.status == "202", let id = (answer.json as? [String: Any])?["id"] as? String {
                variables["ID"] = id
            }
        }
    }

    private static func at(_ places: [String: String], _ text: String) -> String {
        places.reduce(text) { $0.replacing($1.key, with: $1.value) }
    }
}

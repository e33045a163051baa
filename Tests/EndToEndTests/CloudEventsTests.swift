import Foundation
import TestSupport
import Testing

/// The CloudEvents SDK for Python sends to a live gateway, and reads what the gateway delivers.
@Suite(.enabled(if: python != nil, "scripts/python.sh was not run, which installs cloudevents"))
struct CloudEventsTests {
    @Test(.timeLimit(.minutes(4))) func eventsArriveAsTheyWereSentInEachMode() async throws {
        let python = try #require(python)
        let script = try #require(
            Bundle.module.url(forResource: "roundtrip", withExtension: "py", subdirectory: "Fixtures/cloudevents"))
        try await withDatabase { database in
            try await withProcesses { processes in
                let port = try freePort()
                let site = try await Installation(
                    processes, database: database.connectionString, destination: "http://127.0.0.1:\(port)")
                _ = try await site.run(["route", "put", "acme", "orders", "com.example.#", "sink"])
                let (_, caller) = try await site.serve()
                _ = try site.work()
                let run = try processes.start(
                    [script.path, caller.url, site.key, "\(port)"], program: python)
                let status = try await run.ended(within: .seconds(200))
                #expect(status == 0, "\(run.output)\(run.errors)")
                #expect(run.output.contains("all events arrived as they were sent"))
            }
        }
    }
}

private let python = Repository.python(with: "cloudevents")

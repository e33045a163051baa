import Foundation
import Sink
import TestSupport
import Testing

/// Chromium looks at the dashboard of a running gateway: all pages, by keyboard, live, in the dark, and without scripts. What
/// it saw is in `.build/artefacts/dashboard`.
@Suite struct DashboardTests {
    @Test(
        .enabled(if: python != nil, "scripts/python.sh was not run, which installs playwright"),
        .enabled(if: chromium != nil, "scripts/install.sh was not run, which installs chromium"),
        .timeLimit(.minutes(5)))
    func aPersonCanUseIt() async throws {
        let (python, chromium) = (try #require(python), try #require(chromium))
        let script = try #require(
            Bundle.module.url(forResource: "look", withExtension: "py", subdirectory: "Fixtures/dashboard"))
        let token = UUID().uuidString
        try await withDatabase { database in
            try await withProcesses { processes in
                try await Arrivals.with { arrivals in
                    let site = try await Installation(
                        processes, database: database.connectionString, destination: arrivals.sink.url)
                    let (gateway, caller) = try await site.serve(["SLUICE_OPERATOR_TOKEN": token])
                    let worker = try site.work()
                    let run = try processes.start(
                        [
                            script.path, caller.url, site.key, token, Repository.path(".build/artefacts/dashboard"),
                        ], ["CHROMIUM": chromium, "PYTHONDONTWRITEBYTECODE": "1"], program: python)
                    let status = try await run.ended(within: .seconds(120))
                    #expect(status == 0, "\(run.output)\(run.errors.suffix(10_000))")
                    #expect(gateway.status == nil && worker.status == nil)
                }
            }
        }
    }
}

private let python = Repository.python(with: "playwright")

private let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

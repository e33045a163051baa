import Foundation
import Sink
import TestSupport
import Testing

/// What `docs/operations.md` says of backups.
struct BackupTests {
    private static let copying = """
        set -o pipefail
        pg_dump --format=custom --dbname="$1" | pg_restore --exit-on-error --dbname="$2"
        """

    /// A dump that is taken under load, restored into another database: the gateway goes on there, with its secrets,
    /// keys, circuits and what was held.
    @Test(.timeLimit(.minutes(5))) func aCopyGoesOn() async throws {
        try await Arrivals.with { arrivals in
            try await withDatabase { original in
                try await withEmptyDatabase { copy in
                    try await withProcesses { processes in
                        let site = try await Installation(
                            processes, database: original.connectionString, destination: arrivals.sink.url,
                            options: ["--secret", "whsec_" + Data(Installation.secret).base64EncodedString()])
                        let held = try await hold(site, arrivals) {
                            let run = try processes.start(
                                ["-c", Self.copying, "copying", original.connectionString, copy.connectionString],
                                program: URL(fileURLWithPath: "/bin/bash"))
                            #expect(try await run.ended(within: .seconds(120)) == 0, "\(run.errors)")
                        }
                        #expect(arrivals.bodies == ["before"])
                        try await goOn(site, ["SLUICE_DATABASE_URL": copy.connectionString], held, arrivals)
                    }
                }
            }
        }
    }

    /// Requests behind a paused circuit, then the copying under load. Returns the held bodies; the processes are ended.
    private func hold(
        _ site: Installation, _ arrivals: Arrivals, whileCopying copy: () async throws -> Void
    ) async throws -> Set<String> {
        let (api, caller) = try await site.serve()
        let worker = try site.work()
        _ = try await caller.post("/in/sink", Array("before".utf8)).id()
        try await arrivals.all(["before"])
        _ = try await site.run(["circuit", "pause", "acme", "sink", "--reason", "backup"])
        let held = Set((0..<20).map { "held \($0)" })
        for body in held { _ = try await caller.post("/in/sink", Array(body.utf8)).id() }
        let load = SteadyLoad(caller)
        async let loading: Void = load.run()
        try await copy()
        load.stop()
        await loading
        #expect(!load.accepted.isEmpty)
        for process in [worker, api] { #expect(try await process.terminate() == 0, "\(process.errors)") }
        return held
    }

    private func goOn(
        _ site: Installation, _ database: [String: String], _ held: Set<String>, _ arrivals: Arrivals
    ) async throws {
        func run(_ command: [String]) async throws -> String {
            try await site.processes.run(command, site.environment.merging(database) { $1 }).output
        }
        let doctor = try await run(["doctor"])
        for finding in ["the schema is up to date", "row-level security and grants are as they should be"] {
            #expect(doctor.contains(finding), "\(doctor)")
        }
        let (_, caller) = try await site.serve(database)
        _ = try site.work(database)
        #expect(try await run(["circuit", "history", "acme", "sink"]).contains("backup"))
        #expect(arrivals.bodies == ["before"])

        _ = try await run(["circuit", "resume", "acme", "sink", "--reason", "restored"])
        // Sooner than a reconciliation would arm the lane: the command does.
        try await arrivals.all(held, within: .seconds(15))
        let after = try await caller.post("/in/sink", Array("after".utf8)).id()
        try await arrivals.all(["after"])
        #expect(arrivals.duplicates == 0)
        try await eventually { try await caller.status(after).deliveries.map(\.state) == ["delivered"] }
    }
}

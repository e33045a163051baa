import Postgres
import TestSupport
import Testing

/// The doctor's verdict, and `migrate`, as scripts see them.
struct DoctorTests {
    @Test(.timeLimit(.minutes(2))) func findsWhatMigrateMends() async throws {
        try await withServer(settings: ["fsync": "on"]) { server in
            try await withProcesses { processes in
                let database = ["SLUICE_DATABASE_URL": server.connectionString]
                let ill = try await processes.run(["doctor"], database)
                #expect(ill.status == 1)
                #expect(ill.output.contains("wrong:"))
                #expect(ill.output.contains("\n    Run: sluice migrate\n"))

                let plan = try await processes.run(["migrate", "--dry-run"], database)
                #expect(plan.status == 0, "\(plan.errors)")
                let planned = plan.output.split(separator: "\n")
                #expect(planned.count > 3)
                #expect(planned.allSatisfy { $0.hasPrefix("would apply ") }, "\(plan.output)")

                let migration = try await processes.run(["migrate"], database)
                #expect(migration.status == 0, "\(migration.errors)")
                let applied = migration.output.split(separator: "\n").map { $0.replacing("applied ", with: "") }
                #expect(applied == planned.map { $0.replacing("would apply ", with: "") })

                let again = try await processes.run(["migrate", "--dry-run"], database)
                #expect(again.output == "the schema is up to date\n")
                let well = try await processes.run(["doctor"], database)
                #expect(well.status == 0, "\(well.output)\(well.errors)")
                #expect(!well.output.contains("wrong:"))
            }
        }
    }

    /// The server of the tests does not flush.
    @Test(.timeLimit(.minutes(1))) func tellsThatCommitsAreNotSafe() async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let doctor = try await processes.run(["doctor", "--database-url", database.connectionString])
                #expect(doctor.status == 1)
                #expect(doctor.output.contains("wrong: fsync off"), "\(doctor.output)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["serve", "work"])
    func nothingRunsWithoutTheSchema(_ command: String) async throws {
        try await withEmptyDatabase { database in
            try await withProcesses { processes in
                let key = ["SLUICE_SECRETS_KEY": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=", "SLUICE_PORT": "0"]
                let process = try await processes.run([command, "--database-url", database.connectionString], key)
                #expect(process.status == 1)
                #expect(process.errors.contains("run: sluice migrate"), "\(process.errors)")
            }
        }
    }
}

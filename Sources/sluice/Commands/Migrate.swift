import ArgumentParser
import JSON
import Logging
import Postgres
import SQL

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Bring the database's schema up to date.")

    @OptionGroup var database: DatabaseOptions

    @Flag(help: "Only say what would be applied.")
    var dryRun = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try database.settings(needed: Catalogue.database)
        let migrator = Migrator(SQL.migrations, finish: SQL.access, logger: settings.logger())
        try await withClient(
            try settings.connection(), name: "migrate", connections: 2, statementTimeout: .seconds(3600)
        ) { client in
            let names = try await dryRun ? migrator.pending(client) : migrator.migrate(client)
            let lines = names.map { dryRun ? "would apply \($0)" : "applied \($0)" }
            output.answer(
                names.isEmpty ? "the schema is up to date" : lines.joined(separator: "\n"),
                [dryRun ? "pending" : "applied": .array(names.map { .string($0) })])
        }
    }
}

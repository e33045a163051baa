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
        try await withMigrator(try settings.connection(), logger: settings.logger()) { migrator, client in
            let names = try await dryRun ? migrator.pending(client) : migrator.migrate(client)
            let lines = names.map { dryRun ? "would apply \($0)" : "applied \($0)" }
            output.answer(
                names.isEmpty ? "the schema is up to date" : lines.joined(separator: "\n"),
                [dryRun ? "pending" : "applied": .array(names.map { .string($0) })])
        }
    }
}

/// A migrator, and a client as it needs one: a step may take long, and a second connection sees who is in its way.
func withMigrator<T>(
    _ connection: ConnectionSettings, logger: Logger, _ body: (Migrator, Client) async throws -> T
) async throws -> T {
    let migrator = Migrator(SQL.migrations, finish: SQL.access, logger: logger)
    return try await withClient(connection, name: "migrate", connections: 2, statementTimeout: .seconds(3600)) {
        client in try await body(migrator, client)
    }
}

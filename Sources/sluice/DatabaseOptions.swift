import ArgumentParser
import Postgres

/// Where the database is, for every command that needs one.
struct DatabaseOptions: ParsableArguments {
    @Option(help: "The database: postgresql://user@host/name or keyword=value pairs; else SLUICE_DATABASE_URL.")
    var databaseURL: String?

    func connectionSettings(_ settings: Settings) throws -> ConnectionSettings {
        guard let url = databaseURL ?? settings.databaseURL else {
            throw ValidationError(
                "There is no database: give --database-url or set SLUICE_DATABASE_URL. To try Sluice without one: sluice up"
            )
        }
        return try ConnectionSettings(url)
    }
}

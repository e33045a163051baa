import ArgumentParser
import Postgres

/// Where the database is, for every command that needs one.
struct DatabaseOptions: ParsableArguments {
    @Option(help: "The database: postgresql://user@host/name or keyword=value pairs; else SLUICE_DATABASE_URL.")
    var databaseURL: String?

    /// For commands: without a pooler. nil: none is given.
    func directURL(_ settings: Settings) -> String? {
        databaseURL ?? settings.databaseDirectURL ?? settings.databaseURL
    }

    func connectionSettings(_ settings: Settings) throws -> ConnectionSettings {
        guard let url = directURL(settings) else {
            throw ValidationError(
                "There is no database: give --database-url or set SLUICE_DATABASE_URL. To try Sluice without one: sluice up"
            )
        }
        return try ConnectionSettings(url)
    }

    /// For what runs for long: the three ways that there may be to one database.
    func connections(_ settings: Settings) throws -> DatabaseConnections {
        let direct = try connectionSettings(settings)
        var connections = DatabaseConnections(direct)
        if databaseURL == nil, settings.databaseDirectURL != nil, let pooled = settings.databaseURL {
            connections.transactions = try ConnectionSettings(pooled).throughPooler()
        }
        connections.replica = try settings.databaseReplicaURL.map { try ConnectionSettings($0) }
        return connections
    }
}

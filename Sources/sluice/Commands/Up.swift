import ArgumentParser
import Foundation
import Logging
import Postgres
import SQL
import Sink
import Tenants

struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Serve and work in one process, with a private PostgreSQL when no database is given: the way to try Sluice.",
        discussion: """
            Makes a tenant, a key and a destination to play with, and prints what to paste. Without a database it starts \
            a PostgreSQL server of its own; a later start finds its data. Ctrl-C ends all that it started.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(help: "Where its data are kept; else SLUICE_DATA_DIR.")
    var dataDir: String?

    func run() async throws {
        let settings = Settings()
        let home = try DataDirectory(dataDir ?? settings.dataDirectory)
        if let url = database.databaseURL ?? settings.databaseURL {
            return try await run(settings, home, connection: ConnectionSettings(url))
        }
        let server = try await LocalServer.start(directory: home.server) { remark($0) }
        do {
            try await run(settings, home, connection: ConnectionSettings(server.connectionString))
        } catch {
            try await server.stop()
            throw error
        }
        remark("Stopping the PostgreSQL server")
        try await server.stop()
    }

    private func run(_ settings: Settings, _ home: DataDirectory, connection: ConnectionSettings) async throws {
        let logger = try settings.logger()
        let secrets = try SecretBox(
            base64: settings.secretsKey ?? home.secretsKey(), old: settings.oldSecretsKeys)
        remark("Migrating")
        try await withClient(connection, name: "migrate", statementTimeout: .seconds(3600)) { client in
            for name in try await Migrator(SQL.migrations, finish: SQL.access, logger: logger).migrate(client) {
                remark("  applied \(name)")
            }
        }
        let demo = try await Demo.start()
        let key = try await withClient(connection, name: "configure", statements: TenantStore.statements) { client in
            try await demo.configure(TenantStore(client, secrets: secrets), keptKey: home.demoKey)
        }
        try home.keep(demoKey: key)
        try await Gateway(
            connection: connection, settings: settings.allowing(Sink.network), secrets: secrets, logger: logger
        ).run([.serve, .work]) { port in demo.explain(port: port, key: key, connection: connection) }
        await demo.stop()
    }
}

import ArgumentParser
import Foundation
import Logging
import Postgres
import Sink
import Tenants

struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Serve and work in one process, with a private PostgreSQL when no database is given: the way to try Sluice.",
        discussion: """
            Makes a tenant, a key and a destination to play with, and prints what to paste. Without a database it starts \
            a PostgreSQL server of its own; a later start finds its data in --data-dir. Ctrl-C ends all that it started.
            """)

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var flags: SettingFlags

    func run() async throws {
        let settings = try database.settings(flags)
        let home = try DataDirectory(settings.dataDir)
        if let connection = settings.directURL { return try await run(settings, home, connection: connection) }
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
        let logger = settings.logger()
        let givenKey = settings.secretsKey
        let secrets = try settings.secretBox(kept: givenKey ?? home.secretsKey())
        remark("Migrating")
        try await withMigrator(connection, logger: logger) { migrator, client in
            for name in try await migrator.migrate(client) { remark("  applied \(name)") }
        }
        let demo = try await Demo.start()
        let key = try await withClient(connection, name: "configure", statements: TenantStore.statements) { client in
            try await demo.configure(TenantStore(client, secrets: secrets), keptKey: home.demoKey)
        }
        try home.keep(demoKey: key)
        try await Gateway(
            database: DatabaseConnections(connection), settings: settings.allowing(Sink.network).alone(),
            secrets: secrets, logger: logger
        ).run([.serve, .work]) { port in
            demo.explain(
                port: port, key: key, connection: connection,
                secretsKeyFile: givenKey == nil ? home.secretsKeyFile : nil)
        }
        await demo.stop()
    }
}

import Foundation
package import Logging
import Postgres
import SQL

/// For code that wants a logger where the test is not about the log.
package let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The server that all tests of this process share: the one that `SLUICE_TEST_DATABASE_URL` names (a connection
/// string whose user may create databases), or else a local one that ends with the process.
struct TestServer: Sendable {
    enum Template: String, Sendable {
        case migrated = "sluice_template"
        case empty = "template0"
    }

    private let connectionString: String
    private let client: Client

    private static let starting = Task { try await TestServer() }

    static var shared: TestServer {
        get async throws { try await starting.value }
    }

    private init() async throws {
        if let given = ProcessInfo.processInfo.environment["SLUICE_TEST_DATABASE_URL"] {
            connectionString = given
        } else {
            let directory = try temporaryServerDirectory()
            connectionString = try await LocalServer.start(directory: directory, settings: throwAwaySettings)
                .connectionString
        }
        let settings = try ConnectionSettings(connectionString)
        client = Client(Client.Configuration(settings, name: "test-server", connections: 2), on: try Loop())
        try await migrateTemplate()
    }

    func connectionString(for database: String) -> String {
        guard connectionString.contains("://"), var url = URLComponents(string: connectionString) else {
            return "\(connectionString) dbname=\(database)"
        }
        url.path = "/\(database)"
        return url.string ?? connectionString
    }

    func create(_ database: String, from template: Template) async throws {
        try await execute("CREATE DATABASE \(database) TEMPLATE \(template.rawValue)")
    }

    func drop(_ database: String) async throws {
        try await execute("DROP DATABASE IF EXISTS \(database) WITH (FORCE)")
    }

    /// The template outlives the process on a server that is given to us; one of another version is made anew.
    private func migrateTemplate() async throws {
        let name = Template.migrated.rawValue
        do {
            try await create(name, from: .empty)
        } catch let error as PostgresError where error.sqlState == "42P04" || error.sqlState == "23505" {
            // It exists, or another process creates it.
        }
        do {
            try await migrate(name)
        } catch let error as PostgresError where error.code == .migration {
            try await drop(name)
            try await create(name, from: .empty)
            try await migrate(name)
        }
    }

    private func migrate(_ database: String) async throws {
        try await withClients(of: connectionString(for: database)) { database in
            _ = try await Migrator(SQL.migrations, finish: SQL.access, logger: quiet).migrate(database.client())
        }
    }

    /// A template that another process migrates at the moment can't be copied; the server itself waits 5 s for that.
    private func execute(_ sql: String) async throws {
        try await eventually(within: .seconds(60)) {
            do {
                _ = try await client.execute(Statement(sql), within: .seconds(60))
                return true
            } catch let error as PostgresError where error.sqlState == "55006" {
                return false
            }
        }
    }
}

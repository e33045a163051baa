package import Postgres
import Synchronization
package import Tenants

/// A database of one test's own. Its clients are closed when the test ends.
package final class TestDatabase: Sendable {
    package let connectionString: String
    package let settings: ConnectionSettings
    package let loop: Loop
    private let clients = Mutex<[Client]>([])

    init(_ connectionString: String, throughPooler: Bool = false) throws {
        self.connectionString = connectionString
        let settings = try ConnectionSettings(connectionString)
        self.settings = throughPooler ? settings.throughPooler() : settings
        loop = try Loop()
    }

    /// - Parameter role: in place of the server's owner, whom no policy binds.
    package func client(
        statements: [Statement] = [], connections: Int = 1, acting role: DatabaseRole? = nil,
        _ adjust: (inout Client.Configuration) -> Void = { _ in }
    ) -> Client {
        var configuration = Client.Configuration(
            settings, name: "test", connections: connections, statements: statements)
        if let role { configuration = configuration.acting(as: role) }
        adjust(&configuration)
        let client = Client(configuration, on: loop)
        clients.withLock { $0.append(client) }
        return client
    }

    func close() async {
        for client in clients.withLock({ $0 }) { await client.close() }
        loop.stop()
    }
}

/// Gives the body a database with the program's schema; it is dropped afterwards.
package func withDatabase<T>(_ body: (TestDatabase) async throws -> T) async throws -> T {
    try await withDatabase(from: .migrated, body)
}

package func withEmptyDatabase<T>(_ body: (TestDatabase) async throws -> T) async throws -> T {
    try await withDatabase(from: .empty, body)
}

/// Clients of a database that exists already, such as one of `withServer`'s; they are closed when the body ends.
///
/// - Parameter throughPooler: the connection string leads to a pooler in transaction mode.
package func withClients<T>(
    of connectionString: String, throughPooler: Bool = false, _ body: (TestDatabase) async throws -> T
) async throws -> T {
    let database = try TestDatabase(connectionString, throughPooler: throughPooler)
    do {
        let value = try await body(database)
        await database.close()
        return value
    } catch {
        await database.close()
        throw error
    }
}

/// All tests are begun at once. With more databases in use than this they would run out of connections, and starve each
/// other past their deadlines.
private let seats = Seats(16)

private func withDatabase<T>(
    from template: TestServer.Template, _ body: (TestDatabase) async throws -> T
) async throws -> T {
    await seats.take()
    defer { seats.leave() }
    let server = try await TestServer.shared
    let name = "sluice_test_" + String(UInt64.random(in: .min ... .max), radix: 36)
    try await server.create(name, from: template)
    do {
        let value = try await withClients(of: server.connectionString(for: name), body)
        try await server.drop(name)
        return value
    } catch {
        // The error of the test is the one to tell.
        try? await server.drop(name)
        throw error
    }
}

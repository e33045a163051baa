import Postgres

/// A client for the time of one command.
func withClient<T>(
    _ settings: ConnectionSettings, name: String, connections: Int = 1, statements: [Statement] = [],
    statementTimeout: Duration = .seconds(30), _ body: (Client) async throws -> T
) async throws -> T {
    let loop = try Loop()
    defer { loop.stop() }
    let client = Client(
        .init(
            settings, name: name, connections: connections, statements: statements, statementTimeout: statementTimeout),
        on: loop)
    do {
        let value = try await body(client)
        await client.close()
        return value
    } catch {
        await client.close()
        throw error
    }
}

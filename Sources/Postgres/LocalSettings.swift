/// Settings of the server that hold for the statements of a task. Each unit of work sets them in its own transaction, in
/// the round trip that it makes anyway, and they end with that transaction: nothing is left on the connection.
package struct LocalSettings: Sendable, Equatable {
    @TaskLocal static var current = LocalSettings()

    /// Prepared on every connection.
    static let statement = Statement(
        name: "set_local", sql: "SELECT set_config($1, $2, true)", parameters: [], columns: [])

    private(set) var values: [String: String] = [:]

    /// Runs the body with one more setting, which its child tasks have as well.
    package static func with<T>(_ name: String, _ value: String, _ body: () async throws -> T) async rethrows -> T {
        var settings = current
        settings.values[name] = value
        return try await $current.withValue(settings) { try await body() }
    }

    /// What to set in a transaction in which `earlier` hold, so that these do; what these lack becomes empty.
    func changes(from earlier: LocalSettings) -> [(name: String, value: String)] {
        guard self != earlier else { return [] }
        let names = Set(values.keys).union(earlier.values.keys).sorted()
        return names.filter { values[$0] != earlier.values[$0] }.map { ($0, values[$0] ?? "") }
    }
}

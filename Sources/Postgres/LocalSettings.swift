/// Settings of the server that hold for one transaction. Each unit of work sets those of its task in its own transaction,
/// in the round trip that it makes anyway, and they end with that transaction: nothing is left on the connection. Through
/// a pooler the settings of a client's sessions are set in the same way.
package struct LocalSettings: Sendable, Equatable {
    @TaskLocal static var current = LocalSettings()

    /// Prepared on every connection.
    static let statement = Statement(
        name: "set_local", sql: "SELECT set_config($1, $2, true)", parameters: [], columns: [])

    private(set) var values: [String: String] = [:]

    init(_ values: [(name: String, value: String)] = []) {
        self.values = Dictionary(values) { $1 }
    }

    /// Runs the body with one more setting, which its child tasks have as well.
    package static func with<T>(_ name: String, _ value: String, _ body: () async throws -> T) async rethrows -> T {
        var settings = current
        settings.values[name] = value
        return try await $current.withValue(settings) { try await body() }
    }

    /// These over others.
    func over(_ others: LocalSettings) -> LocalSettings {
        var all = self
        all.values.merge(others.values) { own, _ in own }
        return all
    }

    /// Makes these hold in a transaction in which `earlier` do; in one statement where it has to be parsed each time.
    func statements(
        after earlier: LocalSettings, prepared: Bool
    ) -> [(statement: Statement, parameters: Parameters)] {
        let changes = changes(from: earlier)
        if prepared { return changes.map { (Self.statement, Parameters($0.name, $0.value)) } }
        guard !changes.isEmpty else { return [] }
        var parameters = Parameters()
        for (name, value) in changes {
            parameters.append(name)
            parameters.append(value)
        }
        let calls = changes.indices.map { "set_config($\(2 * $0 + 1), $\(2 * $0 + 2), true)" }
        return [(Statement("SELECT " + calls.joined(separator: ", ")), parameters)]
    }

    /// What to set in a transaction in which `earlier` hold, so that these do; what these lack becomes empty.
    func changes(from earlier: LocalSettings) -> [(name: String, value: String)] {
        guard self != earlier else { return [] }
        let names = Set(values.keys).union(earlier.values.keys).sorted()
        return names.filter { values[$0] != earlier.values[$0] }.map { ($0, values[$0] ?? "") }
    }
}

import ArgumentParser
import Postgres
import SQL

/// Names for a shell to complete. Who waits at a prompt gets none rather than late ones.
enum NameCompletion {
    private static let patience = Duration.seconds(1)
    private static let limit: Int32 = 100

    /// Where a tenant's name stands in `sluice NOUN VERB TENANT …`.
    private static let tenantPlace = 3

    static func tenants(_ prefix: String) async -> [String] {
        await names(SQL["completion.tenants"], Parameters(prefix, limit))
    }

    /// - Parameter words: of the whole command line.
    static func destinations(_ prefix: String, _ words: [String]) async -> [String] {
        guard let tenant = tenant(words) else { return [] }
        return await names(SQL["completion.destinations"], Parameters(tenant, prefix, limit))
    }

    static func tenant(_ words: [String]) -> String? {
        let plain = words.filter { !$0.hasPrefix("-") }
        return plain.count > tenantPlace ? plain[tenantPlace] : nil
    }

    private static func names(_ statement: Statement, _ parameters: Parameters) async -> [String] {
        guard let connection = try? Settings().directURL else { return [] }
        let names = try? await withClient(
            connection, name: "completion", statements: [statement], statementTimeout: patience
        ) { client in
            try await client.query(statement, parameters, within: patience).map { try $0.decode(0, as: String.self) }
        }
        return names ?? []
    }
}

extension CompletionKind {
    static let tenants = custom { _, _, prefix async in await NameCompletion.tenants(prefix) }
    static let destinations = custom { words, _, prefix async in await NameCompletion.destinations(prefix, words) }
}

import Postgres
import SQL
import TestSupport
import Testing

/// Every named statement against the schema: what it declares is what the server says.
struct StatementTests {
    /// VACUUM takes no parameters, gives no rows, and can't be prepared by SQL.
    private static let described = SQL.statements.filter { !$0.sql.hasPrefix("VACUUM") }

    @Test func namesAreUniqueAndTellTheirFile() {
        let names = SQL.statements.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.wholeMatch(of: /[a-z]+\.[a-z_]+/) != nil })
    }

    @Test func parametersAreAsDeclared() async throws {
        try await withDatabase { database in
            let client = database.client()
            for statement in Self.described {
                let types = try await client.withTransaction { lease in
                    try await lease.execute(Statement("DEALLOCATE ALL"))
                    try await lease.execute(Statement("PREPARE described AS \(statement.sql)"))
                    return try await lease.execute(Self.parameterTypes).map { try $0.decode(0, as: Int64.self) }
                }
                #expect(types == statement.parameters?.map { Int64($0.type.rawValue) }, "\(statement.name)")
            }
        }
    }

    /// PostgreSQL 15 tells no types of prepared results; those of a view's columns are in the catalog. A view takes no
    /// parameters, so each is a NULL of its declared type.
    @Test func columnsAreAsDeclared() async throws {
        try await withDatabase { database in
            let client = database.client()
            for statement in Self.described {
                let columns = try await client.withTransaction { lease in
                    try await lease.execute(Statement("DROP VIEW IF EXISTS described"))
                    try await lease.execute(Statement("CREATE TEMP VIEW described AS \(statement.withNulls)"))
                    return try await lease.execute(Self.viewColumns)
                }
                let names = try columns.map { try $0.decode(0, as: String.self) }
                let types = try columns.map { try $0.decode(1, as: Int64.self) }
                #expect(names == statement.columns.map(\.name), "\(statement.name)")
                #expect(types == statement.columns.map { Int64($0.type.rawValue) }, "\(statement.name)")
            }
        }
    }

    /// What the source names exists, and nothing is left over that no source names.
    @Test func sourcesAndStatementsNameEachOther() throws {
        let names = Set((SQL.statements + SQL.benchStatements).map(\.name))
        let families = Set(names.compactMap { $0.split(separator: ".").first })
        var used: Set<String> = []
        for file in try SourceTree.swift(in: "Sources") {
            for match in file.text.matches(of: /"(([a-z]+)\.[a-z_]+)"/) where families.contains(match.2) {
                used.insert(String(match.1))
            }
        }
        #expect(used.subtracting(names) == [])
        #expect(names.subtracting(used) == [])
    }

    private static let parameterTypes = Statement(
        """
        SELECT u.type::oid::bigint FROM pg_prepared_statements p
        CROSS JOIN LATERAL unnest(p.parameter_types) WITH ORDINALITY AS u (type, place)
        WHERE p.name = 'described' ORDER BY u.place
        """)

    private static let viewColumns = Statement(
        """
        SELECT attname::text, atttypid::bigint FROM pg_attribute
        WHERE attrelid = 'described'::regclass AND attnum > 0 ORDER BY attnum
        """)
}

extension Statement {
    fileprivate var withNulls: String {
        let parameters = parameters ?? []
        return zip(1..., parameters).reversed().reduce(sql) { sql, parameter in
            sql.replacing("$\(parameter.0)", with: "NULL::\(parameter.1.type.name)")
        }
    }
}

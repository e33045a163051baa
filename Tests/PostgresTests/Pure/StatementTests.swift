import Testing

@testable import Postgres

extension Pure {
    @Suite struct StatementTests {
        static let file = """
            -- What stands before the first name belongs to none.
            -- name: things.find
            -- Prose; with a semicolon.
            -- $1 tenant_id uuid
            -- $2 since timestamptz what comes after the type is prose
            -- > thing_id int8
            -- > labels text[]
            SELECT thing_id, labels -- > not a head
            FROM thing WHERE tenant_id = $1 AND since > $2;

            -- name: things.touch
            UPDATE thing SET since = now();
            """

        @Test func readsNamesParametersColumnsAndText() throws {
            let statements = try Statement.parse(Self.file)
            #expect(statements.map(\.name) == ["things.find", "things.touch"])
            let find = try #require(statements.first)
            #expect(find.parameters?.map(\.name) == ["tenant_id", "since"])
            #expect(find.parameters?.map(\.type) == [.uuid, .timestamptz])
            #expect(find.columns.map(\.name) == ["thing_id", "labels"])
            #expect(find.columns.map(\.type) == [.int8, .textArray])
            #expect(
                find.sql
                    == "SELECT thing_id, labels -- > not a head\nFROM thing WHERE tenant_id = $1 AND since > $2")
            #expect(statements.last?.sql == "UPDATE thing SET since = now()")
            #expect(statements.last?.parameters == [])
        }

        @Test(arguments: ["-- $1 tenant_id uid", "-- $1 tenant_id", "-- > count", "-- > count integer"])
        func refusesADeclarationThatIsNotANameAndAType(line: String) throws {
            let error = try #require(throws: PostgresError.self) {
                try Statement.parse("-- name: a\n\(line)\nSELECT 1")
            }
            #expect(error.code == .mismatch && error.statement == "a")
        }

        @Test func anEmptyFileHasNoStatements() throws {
            #expect(try Statement.parse("").isEmpty)
            #expect(try Statement.parse("-- prose only\n").isEmpty)
        }

        @Test(arguments: PostgresType.allCases) func typeNamesReadBack(type: PostgresType) {
            #expect(PostgresType(name: type.name) == type)
            #expect(type.array.array == type.array)
            #expect(type.name.hasSuffix("[]") == (type.array == type))
        }

        @Test func checksWhatIsSentAgainstWhatIsDeclared() throws {
            let statement = try #require(try Statement.parse(Self.file).first)
            try statement.check([.uuid, .timestamptz])
            for types in [[], [.uuid], [.timestamptz, .uuid], [.uuid, .timestamptz, .bool]] as [[PostgresType]] {
                let error = try #require(throws: PostgresError.self) { try statement.check(types) }
                #expect(error.code == .mismatch && error.statement == "things.find")
            }
            try Statement("SELECT $1").check([.bool])
        }
    }
}

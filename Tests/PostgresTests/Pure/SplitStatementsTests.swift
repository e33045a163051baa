import Testing

@testable import Postgres

extension Pure {
    @Suite struct SplitStatementsTests {
        /// A semicolon in each of these ends no statement.
        static let wholes = [
            "SELECT 'a;b'",
            "SELECT 'it''s; one'",
            "SELECT E'it\\'s; one'",
            "SELECT e'\\\\', 1",
            "SELECT \"a;b\"",
            "SELECT \"a\"\";b\"",
            "SELECT 1 -- one; two\n+ 1",
            "SELECT 1 /* one; two */ + 1",
            "SELECT 1 /* one /* two; */ three; */ + 1",
            "SELECT $$a;b$$",
            "SELECT $tag$a; $$ b; $tag1$ $tag$",
            "SELECT $t1_ä$a;b$t1_ä$",
            "CREATE FUNCTION f() AS $$ BEGIN; RETURN 'x;'; END; $$ LANGUAGE plpgsql",
        ]

        @Test(arguments: wholes) func keepsSemicolonsThatEndNothing(statement: String) {
            #expect(splitStatements(statement) == [statement])
            #expect(splitStatements("\(statement);SELECT 2;") == [statement, "SELECT 2"])
        }

        @Test func dollarsThatQuoteNothing() {
            #expect(splitStatements("SELECT $1;SELECT $2") == ["SELECT $1", "SELECT $2"])
            #expect(splitStatements("SELECT a$b$;SELECT c$b$") == ["SELECT a$b$", "SELECT c$b$"])
            #expect(splitStatements("SELECT $1$;SELECT $1$") == ["SELECT $1$", "SELECT $1$"])
        }

        @Test func leavesOutWhatHoldsNoCode() {
            #expect(splitStatements("") == [])
            #expect(splitStatements(" ;;\n; -- comment\n /* ; */ ;") == [])
            #expect(splitStatements("-- head\nSELECT 1;\n-- tail\n") == ["-- head\nSELECT 1"])
        }

        @Test(arguments: ["SELECT 'a;", "SELECT \"a;", "SELECT $$a;", "SELECT E'a\\", "SELECT 1 /* a;", "SELECT $"])
        func endsWithAScriptThatIsCutOff(script: String) {
            #expect(splitStatements(script) == [script])
        }
    }
}

import Postgres
import SQL
import Testing

/// How steps of the schema are written: docs/upgrades.md.
struct MigrationRulesTests {
    @Test func namesAreInOrderAndNumbered() {
        let names = SQL.migrations.map(\.name)
        #expect(names == names.sorted() && Set(names.map { $0.prefix(5) }).count == names.count)
        #expect(names.allSatisfy { $0.wholeMatch(of: /m[0-9]{4}_[a-z_]+/) != nil })
        #expect(SQL.level == names.last)
    }

    /// None can serve a program that is newer than itself, or one whose step there is not.
    @Test(arguments: SQL.migrations.map(\.name))
    func servesAStepThatThereIs(_ name: String) throws {
        let step = try #require(SQL.migrations.first { $0.name == name })
        #expect(step.serves <= step.name)
        #expect(SQL.migrations.contains { $0.name.hasPrefix(step.serves) }, "\(step.serves)")
    }

    /// Without a transaction there is neither a limit on waits nor a way back.
    @Test func outsideOfATransactionIsOnlyWhatMustBe() {
        for step in SQL.migrations where !step.usesTransaction {
            for statement in splitStatements(step.sql) {
                #expect(statement.contains("INDEX CONCURRENTLY"), "\(step.name): \(statement)")
            }
        }
    }

    /// In a transaction it fails; it is said here sooner.
    @Test func whatIsBuiltConcurrentlyIsInAFileThatSaysSo() {
        for step in SQL.migrations where step.usesTransaction {
            #expect(!step.sql.contains("INDEX CONCURRENTLY"), "\(step.name)")
        }
    }
}

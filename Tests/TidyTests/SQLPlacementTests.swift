import TestSupport
import Testing

/// SQL lives in `sql/` and nowhere else.
struct SQLPlacementTests {
    /// Files that say what they say to a server themselves, and why.
    static let exceptions: [String: String] = [
        "Sources/Postgres/Client.swift": "transaction control",
        "Sources/Postgres/Connection.swift": "session settings and LISTEN",
        "Sources/Postgres/LocalSettings.swift": "settings of a unit of work",
        "Sources/Postgres/Migrations/Migrator.swift": "the migrations' own table and lock",
        "Sources/Postgres/Migrations/Migrator+Apply.swift": "the migrations' transactions, and who runs meanwhile",
        "Sources/Postgres/LocalServer.swift": "the first database of a private server",
        "Sources/sluice/Doctor/Examination+Capacity.swift": "what people are told to run",
        "Sources/sluice/Doctor/Examination+Schema.swift": "what people are told to run",
        "Sources/sluice/Doctor/Examination+Server.swift": "what people are told to run",
        "Sources/sluice/Doctor/Examination+Vacuum.swift": "what people are told to run",
    ]

    static var keyword: Regex<Substring> {
        /"[^"]*\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|LISTEN|NOTIFY|BEGIN|COMMIT|ROLLBACK|SET)\b[^"]*"/
            .wordBoundaryKind(.simple)
    }

    @Test func noStatementInASource() throws {
        for file in try SourceTree.swift(in: "Sources") where Self.exceptions[file.path] == nil {
            for line in file.lines where !line.drop(while: { $0 == " " }).hasPrefix("//") {
                #expect(!line.contains(Self.keyword), "\(file.path): \(line)")
            }
        }
    }

    /// An exception that is not needed any more would let others in.
    @Test func exceptionsAreNeeded() throws {
        for file in try SourceTree.swift(in: "Sources") where Self.exceptions[file.path] != nil {
            #expect(file.text.contains(Self.keyword), "\(file.path)")
        }
    }
}

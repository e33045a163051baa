import JSON
import Postgres
import Testing

@testable import sluice

/// How commands answer people and programs.
struct TextTablePureTests {
    private static let table = TextTable(
        columns: [.init(title: "name"), .init(title: "waiting", alignment: .right), .init(title: "why")],
        rows: [["a", "1", "because it is so"], ["longer", "1000", ""]])

    @Test func columnsAreAlignedAndNothingIsCutWithoutATerminal() {
        #expect(
            Self.table.lines() == [
                "NAME    WAITING  WHY", "a             1  because it is so", "longer     1000  -",
            ])
    }

    @Test(arguments: [(40, 16), (30, 13), (25, 8), (10, 6)])
    func theWidestColumnGivesWay(_ width: Int, _ cut: Int) {
        let lines = Self.table.lines(width: width)
        let row = "a             1  " + (cut < 16 ? "because it is so".prefix(cut - 1) + "…" : "because it is so")
        #expect(lines[1] == row)
        // Down to a width at which a column still says something.
        #expect(lines.allSatisfy { $0.count <= max(width, 23) })
    }

    @Test func whatATerminalWouldObeyIsNotPrinted() {
        let lines = TextTable(columns: [.init(title: "x")], rows: [["a\u{1b}[2J\nb\u{9b}c"]]).lines()
        #expect(lines == ["X", "a [2J b c"])
    }

    @Test func aListingIsAnArrayOfObjectsForPrograms() {
        let listing = Listing<Int>([.init(number: "n", { $0 })], json: { #"{"n":\#($0)}"# })
        #expect(listing.lines([1, 20]) == [" N", " 1", "20"])
        #expect(listing.json([1, 20]) == "[\n{\"n\":1},\n{\"n\":20}\n]")
        #expect(listing.lines([]) == [] && listing.json([]) == "[]")
    }

    @Test func aDocumentIsALineForEachValue() throws {
        let document = try JSONValue(parsing: Array(#"{"a": {"b": [1, "x"], "c": null}, "d": {}, "e": true}"#.utf8))
        #expect(Sheet(document).lines == ["a.b[0]  1", "a.b[1]  x", "a.c     -", "d       -", "e       true"])
        #expect(Sheet(document, width: 8).lines.first == "a.b[0] …")
    }

    @Test(arguments: [
        (0, "0s"), (59, "59s"), (61, "1m01s"), (3_600, "1h00m"), (90_000, "1d01h"), (-5, "0s"),
    ])
    func ageIsShort(_ seconds: Int, _ text: String) { #expect(Duration.seconds(seconds).short == text) }

    @Test func anErrorHasAStatusThatSaysWhatToDo() {
        let errors: [(any Error, sluice.ExitStatus)] = [
            (CommandError("no"), .failed), (CommandError("later", status: .tryAgain), .tryAgain),
            (PostgresError(.connectFailed, "x"), .databaseUnavailable),
            (PostgresError(.unavailable, "x"), .databaseUnavailable),
            (PostgresError(.server, "x", sqlState: "40P01"), .tryAgain),
            (PostgresError(.server, "x", sqlState: "42501"), .failed), (PostgresError(.migration, "x"), .failed),
            (PostgresError(.badConnectionString, "x"), .settings), (InvalidSettings(faults: ["x"]), .settings),
        ]
        for (error, status) in errors { #expect(Failure(error).status == status, "\(error)") }
        #expect(Failure(CommandError("a \"b\"")).text(asJSON: true) == #"{"error":{"status":1,"message":"a \"b\""}}"#)
        #expect(Failure(CommandError("a")).text(asJSON: false) == "Error: a")
        #expect(Failure(InvalidSettings(faults: ["a: b", "c: d"])).text(asJSON: false) == "a: b\nc: d")
    }

    @Test(arguments: [("1", 1), ("100000", 100_000), ("0", nil), ("100001", nil), ("-1", nil), ("many", nil)])
    func aListIsBounded(_ argument: String, _ count: Int?) { #expect(ListLimit(argument: argument)?.count == count) }

    @Test func theTenantIsTheFourthWord() {
        #expect(NameCompletion.tenant(["sluice", "circuit", "show", "acme", ""]) == "acme")
        #expect(NameCompletion.tenant(["sluice", "circuit", "--json", "show", "acme"]) == "acme")
        #expect(NameCompletion.tenant(["sluice", "circuit", "show"]) == nil)
    }
}

import SettingsEngine
import Testing

@Suite struct DocumentationTests {
    private static let declarations: [any Declaration] = [
        Setting("port", .integer(0...9), default: 8, usedBy: ["serve"], "Where it listens."),
        Setting("home", .text("a directory"), default: "/x", note: "by user", "Where it lives."),
        Setting("token", .text("a word"), isSecret: true, "Opens `it`."),
    ]

    @Test func reference() {
        #expect(
            Documentation.reference(Self.declarations) == """
                | variable | value | default | for | meaning |
                |---|---|---|---|---|
                | `SLUICE_PORT` | a whole number from 0 to 9 | `8` | `serve` | Where it listens. |
                | `SLUICE_HOME` | a directory | by user | all | Where it lives. |
                | `SLUICE_TOKEN`<br>`SLUICE_TOKEN_FILE` | a word |  | all | Opens `it`. |
                """)
    }

    /// It sets what holds anyway.
    @Test func example() {
        let text = Documentation.example(Self.declarations)
        #expect(text.hasSuffix("# A word. Opens it.\n# token_file:\n"))
        let file = SettingsFile(path: "example", text: text)
        #expect(file.faults == [] && file.entries.map(\.name) == ["port"])
        #expect(file.entries.map(\.text) == ["8"])
    }
}

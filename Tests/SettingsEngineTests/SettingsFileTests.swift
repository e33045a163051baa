import SettingsEngine
import Testing

@Suite struct SettingsFileTests {
    private func read(_ text: String) -> SettingsFile { SettingsFile(path: "s.yaml", text: text) }

    @Test func namesTextsAndLines() {
        let file = read("# comment\nport: 8081\n\nhost: \"a b\"\nnets:\n  - 10.0.0.0/8\n  - fd00::/8\nlist: [a, b]\n")
        #expect(file.faults == [])
        #expect(
            file.entries.map { "\($0.line) \($0.name) \($0.text)" } == [
                "2 port 8081", "4 host a b", "5 nets 10.0.0.0/8,fd00::/8", "8 list a,b",
            ])
    }

    /// Whatever YAML would make of them.
    @Test(arguments: ["yes", "no", "0x10", "1e3", "007", "12:30:45", "2001-01-01"]) func textsStayTexts(_ text: String)
    {
        #expect(read("a: \(text)").entries.map(\.text) == [text])
    }

    @Test(arguments: ["", "# nothing\n", "---\n", "port:\n", "port: ~\n", "{}"]) func whatIsEmptySetsNothing(
        _ text: String
    ) {
        #expect(read(text).entries == [] && read(text).faults == [])
    }

    @Test(arguments: [
        ("- a\n", "s.yaml: must be lines of"), ("port", "s.yaml: must be lines of"),
        ("worker:\n  drain: 5\n", "s.yaml:1: worker: must be a value or a list"),
        ("a: [[b]]", "s.yaml:1: a: must be a value or a list"),
        ("a: 1\nb: 2\na: 3\n", "s.yaml: is not YAML: given twice: a"), ("a: [b", "s.yaml: is not YAML: "),
        ("a: 1\n---\nb: 2\n", "s.yaml: is not YAML: "),
    ])
    func isRefused(_ text: String, _ fault: String) {
        let faults = read(text).faults
        #expect(faults.count == 1 && faults[0].hasPrefix(fault), "\(faults)")
    }

    /// The file may hold them.
    @Test func faultsDoNotTellSecrets() {
        for text in ["secret: {hunter2: hunter2}", "secret: 'hunter2", "secret: \"hunter2\\q\"", "a: %hunter2"] {
            #expect(!read(text).faults.contains { $0.contains("hunter2") }, "\(text)")
        }
    }

    @Test func aFileThatIsNotThereIsAFault() {
        #expect(
            SettingsFile(path: "/nonexistent/s.yaml").faults.first?.hasPrefix("/nonexistent/s.yaml: can't be") == true)
    }
}

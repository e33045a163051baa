import Model
import Testing

struct HeaderLinesTests {
    static let fields = [
        [],
        [Field("Content-Type", "application/json")],
        [Field("x-a", ""), Field("X-A", "two"), Field("x-a", "three")],
        [Field("x-colon", "a: b:c"), Field("x-blank", " padded ")],
        [Field("x-word", "naïve ☃"), Field("b", "=")],
    ]

    @Test(arguments: fields)
    func roundTrip(_ fields: [Field]) {
        var lines = HeaderLines()
        for field in fields { lines.append(field.name, field.value) }
        #expect(read(lines) == fields)
        #expect(read(HeaderLines(text: lines.text)) == fields)
    }

    @Test func storesOneFieldALine() {
        var lines = HeaderLines()
        lines.append("A", "1")
        lines.append("b", "2")
        #expect(lines.text == "A: 1\nb: 2\n")
    }

    @Test(arguments: [
        ("no colon\na: b\n", [Field("a", "b")]),
        ("a: b", [Field("a", "b")]),
        ("a:", [Field("a", "")]),
        ("\n\n", []),
    ])
    func survivesOddText(_ text: String, _ expected: [Field]) {
        #expect(read(HeaderLines(text: text)) == expected)
    }

    private func read(_ lines: HeaderLines) -> [Field] {
        lines.fields.map { Field(String($0.name), String($0.value)) }
    }

    struct Field: Equatable, Sendable {
        let name: String
        let value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}

import JSON
import Testing

@testable import Dashboard

@Suite struct HTMLTests {
    @Test func whatIsPutIntoMarkupIsEscaped() {
        let hostile = #"<script>alert("1")</script>&'"#
        let html: HTML = "<p title=\"\(hostile)\">\(hostile)</p>"
        let escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"
        #expect(html.text == "<p title=\"\(escaped)\">\(escaped)</p>")
    }

    @Test func markupStaysMarkup() {
        let inner: HTML = "<b>\("<")</b>"
        let absent: HTML? = nil
        #expect(
            ("<p>\(inner)\(absent)\([inner, inner])\(7)</p>" as HTML).text
                == "<p><b>&lt;</b><b>&lt;</b><b>&lt;</b>7</p>")
    }

    /// By bytes: a combining mark after a sign of markup makes another character, and the sign stays what it is.
    @Test func signsAreFoundWithinCharacters() {
        #expect(HTML("<\u{338}b>"[...]).text.utf8.contains(UInt8(ascii: "<")) == false)
        #expect(HTML("\u{0}\u{1b}[31m"[...]).text == "\u{fffd}\u{fffd}[31m")
    }

    @Test func tablesHaveHeadingsAndSayWhatToDoWhereTheyAreEmpty() {
        let table = Table("Things", ["Name", "Size"], ifEmpty: "Make <one>.")
        #expect(table.of([Int]()) { _ in [] }.text == "<p class=\"empty\">Make <one>.</p>")
        let text = table.of(["<x>"]) { ["\($0)", "1"] }.text
        #expect(text.contains("<th scope=\"row\">&lt;x&gt;</th><td>1</td>"))
        #expect(text.contains("<th scope=\"col\">Name</th>"))
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1\u{202f}000"), (-1_234_567, "-1\u{202f}234\u{202f}567")])
    func numbersAreGrouped(_ number: Int, _ text: String) {
        #expect(HTML.count(number).text.contains(">\(text)<"))
    }

    @Test func bodiesAreTextOrBytes() {
        #expect(BodyText.markup(Array("<script>".utf8)).text.contains("&lt;script&gt;"))
        #expect(BodyText.text([0xff]) == nil)
        #expect(BodyText.text(Array("a\u{0}".utf8)) == nil)
        #expect(BodyText.hex([0x3c, 0x00]) == "00000000  3c 00" + String(repeating: " ", count: 43) + "<.")
        #expect(BodyText.hex([UInt8](repeating: 0x41, count: 17)).split(separator: "\n").count == 2)
    }

    @Test func documentsAreIndented() throws {
        let value = try JSONValue(parsing: Array(#"{"b": [1, {"c": []}], "a": "x"}"#.utf8))
        #expect(value.indented == "{\n  \"a\": \"x\",\n  \"b\": [\n    1,\n    {\n      \"c\": []\n    }\n  ]\n}")
    }

    @Test func addressesAreEncoded() { #expect(percentEncoded("/a?b=ü&c") == "%2Fa%3Fb%3D%C3%BC%26c") }
}

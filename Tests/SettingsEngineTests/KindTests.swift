import SettingsEngine
import Testing

@Suite struct KindTests {
    @Test(arguments: [("0", 0), ("7", 7), ("9", 9)]) func wholeNumbers(_ text: String, _ value: Int) throws {
        #expect(try Kind.integer(0...9).read(text) == value)
    }

    @Test(arguments: ["-1", "10", "1.0", " 1", "0x1", "1_0", "99999999999999999999", "one", ""])
    func areNoWholeNumbers(_ text: String) {
        #expect(throws: Refusal.self) { () throws -> Void in _ = try Kind.integer(0...9).read(text) }
    }

    @Test(arguments: [
        ("1", 1), ("90s", 90), ("5m", 300), ("2h", 7_200), ("1d", 86_400), ("86400", 86_400),
    ])
    func times(_ text: String, _ seconds: Int) throws {
        #expect(try Kind.time(1...86_400).read(text) == .seconds(seconds))
    }

    @Test(arguments: ["0", "2d", "1.5h", "-1", "s", "5 m", "5M", "10ms", "9223372036854775807d", ""])
    func areNoTimes(_ text: String) {
        #expect(throws: Refusal.self) { () throws -> Void in _ = try Kind.time(1...86_400).read(text) }
    }

    @Test(arguments: [(0, "0s"), (90, "90s"), (300, "5m"), (86_400, "1d"), (90_000, "25h")])
    func timesAreWrittenInTheLargestUnit(_ seconds: Int, _ text: String) throws {
        let kind = Kind.time(0...100_000)
        #expect(kind.text(.seconds(seconds)) == text)
        #expect(try kind.read(text) == .seconds(seconds))
    }

    private enum Colour: String, CaseIterable, Sendable { case red, green, blue }

    @Test func choices() throws {
        let kind = Kind<Colour>.choice
        #expect(kind.allowed == "red, green or blue")
        #expect(try kind.read("green") == .green)
        for text in ["Green", "yellow", ""] {
            #expect(throws: Refusal.self) { () throws -> Void in _ = try kind.read(text) }
        }
    }

    @Test func trueAndFalse() throws {
        #expect(try Kind.boolean.read("true") && !Kind.boolean.read("false"))
        for text in ["yes", "1", "TRUE", ""] {
            #expect(throws: Refusal.self) { () throws -> Void in _ = try Kind.boolean.read(text) }
        }
    }
}

import Foundation
import SettingsEngine
import Testing

@Suite struct SecretFileTests {
    private static let token = Setting(
        "token", Kind<Int>.integer(1...9), isSecret: true, hasFlag: true, "Opens it.")

    private func read(_ environment: [String: String], flags: [(String, String)] = []) -> SettingValues {
        SettingValues([Self.token], layers: [.flags(flags), .environment(environment)])
    }

    private func with(_ content: [UInt8], _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString)").path
        try Data(content).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test(arguments: ["7", "7\n", "7\r\n"]) func endsMayHaveALineBreak(_ content: String) throws {
        try with(Array(content.utf8)) { path in
            let values = read(["SLUICE_TOKEN_FILE": path])
            #expect(values.faults == [] && values[Self.token] == 7)
            #expect(values.found["token"]?.label == "SLUICE_TOKEN_FILE: \(path)")
            #expect(values.secretFiles.map(\.path) == [path])
        }
    }

    @Test(arguments: [
        (Array("10".utf8), "its value is not a whole number from 1 to 9"), (Array(" 7".utf8), "its value is not"),
        ([], "is empty"), ([0xff], "is not text in UTF-8"), (Array(repeating: 0x37, count: 70_000), "has more than"),
    ])
    func faultsNameTheFile(_ content: [UInt8], _ reason: String) throws {
        try with(content) { path in
            let faults = read(["SLUICE_TOKEN_FILE": path]).faults
            #expect(faults.count == 1 && faults[0].hasPrefix("SLUICE_TOKEN_FILE: \(path): \(reason)"), "\(faults)")
        }
    }

    @Test func aFileThatIsNotThere() {
        let faults = read(["SLUICE_TOKEN_FILE": "/nonexistent/token"]).faults
        #expect(faults.count == 1 && faults[0].hasPrefix("SLUICE_TOKEN_FILE: /nonexistent/token: can't be read"))
    }

    @Test func oneSourceGivesOne() throws {
        try with([0x37]) { path in
            let both = read(["SLUICE_TOKEN": "3", "SLUICE_TOKEN_FILE": path])
            #expect(both.faults == ["SLUICE_TOKEN: SLUICE_TOKEN_FILE is given too; give one of them"])
            // A flag goes before the environment, whatever that says.
            #expect(read(["SLUICE_TOKEN_FILE": path], flags: [("token", "3")])[Self.token] == 3)
            #expect(read(["SLUICE_TOKEN": "3"], flags: [("token_file", path)])[Self.token] == 7)
        }
    }
}

import Foundation
import SettingsEngine
import Testing

@Suite struct SettingValuesTests {
    private static let port = Setting("port", .integer(0...9), default: 8, "Where it listens.")
    private static let drain = Setting("drain_time", .time(0...60), default: .seconds(5), "How long it waits.")
    private static let token = Setting(
        "token",
        .text("even") { text throws(Refusal) in
            guard text.count.isMultiple(of: 2) else { throw Refusal() }
        },
        isSecret: true, remedy: "make one.", "Opens it.")
    private static let place = Setting("config_file", .text("a path"), "A file.")

    private func read(
        flags: [(String, String)] = [], _ environment: [String: String] = [:], file text: String? = nil,
        needed: [any Declaration] = []
    ) -> SettingValues {
        let file = text.map { SettingsFile(path: "s.yaml", text: $0) }
        var values = SettingValues(
            [Self.port, Self.drain, Self.token, Self.place],
            layers: [.flags(flags), .environment(environment)] + (file.map { [.file($0)] } ?? []),
            fileSetting: Self.place, faults: file?.faults ?? [], isForeign: { $0 == "SLUICE_SCRIPT" })
        values.require(needed)
        return values
    }

    @Test func flagsGoBeforeEnvironmentBeforeFileBeforeDefaults() {
        let (flag, variable, file) = ([("port", "1")], ["SLUICE_PORT": "2"], "port: 3")
        #expect(read(flags: flag, variable, file: file)[Self.port] == 1)
        #expect(read(variable, file: file)[Self.port] == 2)
        #expect(read(file: file)[Self.port] == 3)
        #expect(read()[Self.port] == 8)
        #expect(read(flags: flag, variable, file: file).found["port"]?.label == "--port")
        #expect(read(variable, file: file).found["port"]?.label == "SLUICE_PORT")
        #expect(read(file: file).found["port"]?.label == "s.yaml:1: port")
        #expect(read().found.isEmpty)
    }

    @Test func whatIsEmptyIsNotSet() {
        let values = read(flags: [("port", "")], ["SLUICE_PORT": "", "SLUICE_UNKNOWN": ""], file: "port: ''")
        #expect(values.faults == [] && values[Self.port] == 8 && values[Self.token] == nil)
    }

    /// What goes before it does not hide that it is wrong elsewhere: only the first is looked at, by its own name.
    @Test func valuesThatDoNotCountAreNotChecked() {
        #expect(read(flags: [("port", "1")], ["SLUICE_PORT": "nonsense"]).faults == [])
    }

    @Test func allFaultsAreTold() {
        let values = read(
            flags: [("prot", "1"), ("drain_time", "2x")], ["SLUICE_PORT": "10", "SLUICE_DRAIN_TIM": "1"],
            file: "\nPort: 3\n", needed: [Self.token])
        #expect(
            values.faults == [
                "--prot is not a setting; did you mean --port?",
                "SLUICE_DRAIN_TIM is not a setting; did you mean SLUICE_DRAIN_TIME?",
                "s.yaml:2: Port is not a setting; did you mean port?",
                "SLUICE_PORT: 10 is not a whole number from 0 to 9",
                "--drain-time: 2x is not a time from 0s to 1m",
                "SLUICE_TOKEN is missing; make one.",
            ])
        #expect(values[Self.port] == 8)
    }

    @Test(arguments: [("SLUICE_port", true), ("SLUICE_SCRIPT", false), ("SLUICE_SERVICE_HOST", false), ("PORT", false)])
    func variablesOfOthersAreLeftAlone(_ variable: String, _ isRefused: Bool) {
        #expect(read([variable: "1"]).faults.isEmpty != isRefused)
    }

    /// A service called sluice, in Kubernetes.
    @Test func aServiceLinkIsNoPort() {
        let values = read(["SLUICE_PORT": "tcp://10.0.0.1:8080", "SLUICE_PORT_8080_TCP": "tcp://10.0.0.1:8080"])
        #expect(values.faults == [] && values[Self.port] == 8)
    }

    @Test func aMissingOneThatIsWrongIsToldOnce() {
        #expect(read(["SLUICE_TOKEN": "odd"], needed: [Self.token]).faults == ["SLUICE_TOKEN: its value is not even"])
    }

    @Test func aSecretHasNoFlag() {
        let faults = read(flags: [("token", "hunter2!")]).faults
        #expect(faults.count == 1 && faults[0].hasPrefix("--token: others on this machine"))
        #expect(!faults[0].contains("hunter2"))
    }

    @Test func aFileThatIsNotThereIsAFault() {
        let faults = read(["SLUICE_CONFIG_FILE": "/nonexistent/s.yaml"]).faults
        #expect(faults.count == 1 && faults[0].hasPrefix("/nonexistent/s.yaml: can't be read"))
    }

    @Test func aFileNamesNoOther() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString).yaml")
        try Data("port: 3\nconfig_file: other.yaml\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let values = read(flags: [("config_file", file.path)])
        #expect(values.faults == ["\(file.path): config_file: a file can't name another"])
        #expect(values[Self.port] == 3)
    }
}

import SettingsEngine
import Testing

@Suite struct CommandLineFlagsTests {
    private func read(_ words: String...) -> (names: [String], texts: [String], faults: [String]) {
        let (values, faults) = CommandLineFlags.read(words)
        return (values.map(\.name), values.map(\.text), faults)
    }

    @Test func inBothForms() {
        let flags = read("--worker-drain", "5", "--host=a=b", "--egress-allow", "-1")
        #expect(flags.names == ["worker_drain", "host", "egress_allow"])
        #expect(flags.texts == ["5", "a=b", "-1"] && flags.faults == [])
    }

    @Test func whatIsNoneIsTold() {
        #expect(read("--port").faults == ["--port: its value is missing"])
        #expect(read("--port", "--host", "a").faults == ["--port: its value is missing"])
        #expect(read("--port=1", "--port", "2").faults == ["--port is given twice"])
        #expect(read("port").faults == ["port is not a setting: settings are given as --name value"])
        #expect(read("-p", "--").faults.count == 2)
    }
}

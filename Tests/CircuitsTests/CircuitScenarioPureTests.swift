import Foundation
import Testing

@testable import Circuits

struct CircuitScenarioPureTests {
    static let folder = Bundle.module.resourceURL?.appendingPathComponent("Scenarios")
    static let names = (folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0.path) } ?? []).sorted()

    @Test func thereAreScenarios() { #expect(Self.names.count >= 25) }

    @Test(arguments: names) func goesAsExpected(_ name: String) throws {
        let file = try #require(Self.folder).appendingPathComponent(name)
        let scenario = try Scenario(json: Data(contentsOf: file))
        let lines = Replay.run(scenario)
        #expect(lines.count == scenario.steps.count)
        for line in lines where line.mismatch != nil { Issue.record("\(line.json)") }
        #expect(scenario.steps.contains { $0.expected != Expectation() })
    }

    @Test(arguments: [
        #"{"expect": "open"}"#, #"{"do": "acquire", "expect_granted": false}"#, #"{"expect_epoch": 2}"#,
        #"{"expect_limit": 63}"#, #"{"expect_retry_s": 5}"#, #"{"do": "ok", "expect_event": "consecutive"}"#,
    ])
    func anExpectationCanFail(_ step: String) throws {
        let lines = Replay.run(try Scenario(json: Data(#"{"steps": [\#(step)]}"#.utf8)))
        #expect(lines.first?.mismatch != nil)
    }

    @Test func aLineTellsTheStep() throws {
        let scenario = try Scenario(json: Data(#"{"steps": [{"do": "fail", "times": 5, "expect": "open"}]}"#.utf8))
        #expect(
            Replay.run(scenario).map(\.json) == [
                #"{"at_s":0,"do":"fail","epoch":2,"events":["consecutive"],"gate":"hold","granted":true,"limit":0,"#
                    + #""mode":"auto","retry_s":5,"state":"open","step":1}"#
            ])
    }

    struct Mistake: Sendable {
        let json: String
        let place: String
        let says: String
    }

    @Test(arguments: [
        Mistake(json: "{", place: "", says: "not valid JSON"),
        Mistake(json: "{}", place: "", says: "steps is missing"),
        Mistake(json: #"{"steps": {}}"#, place: "steps", says: "is not an array"),
        Mistake(json: #"{"steps": [], "policies": {}}"#, place: "", says: #"unknown key "policies"; allowed: policy"#),
        Mistake(json: #"{"steps": [{"expect": "open"}, {}]}"#, place: "steps[1]", says: "neither does nor expects"),
        Mistake(
            json: #"{"steps": [{"do": "explode"}]}"#, place: "steps[0].do", says: #"is "explode"; allowed: ok, fail"#),
        Mistake(json: #"{"steps": [{"do": 3}]}"#, place: "steps[0].do", says: "is not a string"),
        Mistake(json: #"{"steps": [{"do": "ok", "time": 3}]}"#, place: "steps[0]", says: #"unknown key "time""#),
        Mistake(json: #"{"steps": [{"do": "ok", "times": 0}]}"#, place: "steps[0].times", says: "is 0; allowed: 1 to"),
        Mistake(json: #"{"steps": [{"do": "ok", "times": "2"}]}"#, place: "steps[0].times", says: "a whole number"),
        Mistake(json: #"{"steps": [{"do": "advance"}]}"#, place: "steps[0].seconds", says: "is missing"),
        Mistake(json: #"{"steps": [{"do": "advance", "seconds": -1}]}"#, place: "steps[0].seconds", says: "from 0"),
        Mistake(json: #"{"steps": [{"do": "call"}]}"#, place: "steps[0].do", says: "with status or class"),
        Mistake(json: #"{"steps": [{"expect": "ajar"}]}"#, place: "steps[0].expect", says: "closed, open, half_open"),
        Mistake(
            json: #"{"policy": {"fail_ratio": 2}, "steps": []}"#, place: "policy",
            says: "fail_ratio is 2; allowed: more than 0, at most 1"),
        Mistake(
            json: #"{"policy": {"failratio": 0.2}, "steps": []}"#, place: "policy", says: "failratio is not a parameter"
        ),
        Mistake(
            json: #"{"policy": {"ramp": "no"}, "steps": []}"#, place: "policy.ramp",
            says: "neither a number nor a boolean"),
    ])
    func mistakesAreNamed(_ mistake: Mistake) {
        let error = #expect(throws: ScenarioError.self) { try Scenario(json: Data(mistake.json.utf8)) }
        #expect(error?.place == mistake.place)
        #expect(error?.message.contains(mistake.says) == true, "\(error?.message ?? "")")
    }
}

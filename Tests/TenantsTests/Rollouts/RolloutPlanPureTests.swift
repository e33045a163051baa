import JSON
import Testing

@testable import Tenants

struct RolloutPlanPureTests {
    private func plan(_ text: String) throws -> RolloutPlan {
        try RolloutPlan(try JSONValue(parsing: Array(text.utf8)))
    }

    @Test func whatIsLeftOutHasItsDefault() throws {
        let read = try plan(
            """
            {"control": "off", "treatment": "on", "guard": {"min_n": 20},
             "steps": [{"weight": 100}, {"weight": 200, "hold_s": 5, "min_n": 7, "approval": true}]}
            """)
        #expect(read.unit == "destination" && !read.keepsSeed)
        #expect(
            JSONValue.array(read.steps.map(\.json)).text == """
                [{"approval":false,"hold_s":600,"min_n":20,"weight":100},{"approval":true,"hold_s":5,"min_n":7,"weight":200}]
                """)
        #expect(
            read.protection.json.text
                == #"{"alpha":0.001,"max_age_s":300,"min_n":20,"mode":"rollback","tau":0.02}"#)
    }

    @Test(arguments: [
        (#"{"treatment": "on", "steps": [{"weight": 1}]}"#, "control is missing"),
        (#"{"control": "on", "treatment": "on", "steps": [{"weight": 1}]}"#, "treatment must be another"),
        (#"{"control": "off", "treatment": "on", "unit": "a\u0000", "steps": [{"weight": 1}]}"#, "unit must not have"),
        (#"{"control": "off", "treatment": "on"}"#, "steps must have a step"),
        (#"{"control": "off", "treatment": "on", "steps": []}"#, "steps must have a step"),
        (#"{"control": "off", "treatment": "on", "steps": [{}]}"#, "steps[0].weight is missing"),
        (#"{"control": "off", "treatment": "on", "steps": [{"weight": 10000}]}"#, "from 1 to 9999"),
        (
            #"{"control": "off", "treatment": "on", "steps": [{"weight": 5}, {"weight": 5}]}"#,
            "steps[1].weight must be more"
        ),
        (
            #"{"control": "off", "treatment": "on", "steps": [{"weight": 5}], "guard": {"mode": "pray"}}"#,
            "guard.mode must be one of rollback, hold, observe"
        ),
        (
            #"{"control": "off", "treatment": "on", "steps": [{"weight": 5}], "guard": {"alpha": 1}}"#,
            "guard.alpha must be a number"
        ),
        (#"{"control": "off", "treatment": "on", "steps": [{"weight": 5}], "x": 1}"#, "x is unknown"),
        ("[]", "must be an object"),
    ])
    func whatIsWrongIsToldByMember(_ text: String, _ words: String) throws {
        let error = #expect(throws: InvalidDocument.self) { try plan(text) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}

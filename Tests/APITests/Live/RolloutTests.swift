import Tenants
import Testing

@testable import API

@Suite struct RolloutTests {
    private static let flag = "/v1/environments/production/flags/f"
    private static let plan =
        #"{"control": "off", "treatment": "on", "steps": [{"weight": 100, "approval": true}, {"weight": 5000}]}"#

    /// With the flag `f`.
    private func withFlag(_ body: (Gateway) async throws -> Void) async throws {
        try await withGateway { gateway in
            let made = try await gateway.call(
                "POST", "/v1/environments/production/flags",
                #"{"key": "f", "definition": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}}"#
            )
            #expect(made.status == 201, "\(made.text)")
            try await body(gateway)
        }
    }

    @Test func itIsBegunShownSteeredAndListed() async throws {
        try await withFlag { gateway in
            #expect(try await gateway.call("GET", Self.flag + "/rollout").status == 404)
            let begun = try await gateway.call("POST", Self.flag + "/rollout", Self.plan)
            #expect(begun.status == 201 && begun["location"] == Self.flag + "/rollout", "\(begun.text)")
            #expect(begun.json["status"] as? String == "running" && begun.json["step"] as? Int == 0)
            let shown = try await gateway.call("GET", Self.flag + "/rollout")
            #expect(shown.status == 200 && shown.id == begun.id)
            #expect(shown.text.contains(#"{"approval":true,"hold_s":600,"min_n":50,"weight":100}"#))
            let twice = try await gateway.call("POST", Self.flag + "/rollout", Self.plan)
            #expect(twice.status == 409 && twice.problem == "rollout-state")
            let approved = try await gateway.call("POST", Self.flag + "/rollout/approve", #"{"reason": "looks good"}"#)
            #expect(approved.status == 200 && approved.json["approved"] as? Bool == true)
            for (word, status) in [("hold", "held"), ("resume", "running"), ("rollback", "rolled_back")] {
                let answer = try await gateway.call("POST", Self.flag + "/rollout/\(word)")
                #expect(answer.status == 200 && answer.json["status"] as? String == status, "\(answer.text)")
            }
            #expect(try await gateway.call("POST", Self.flag + "/rollout/cancel").problem == "rollout-state")

            #expect(try await gateway.call("POST", Self.flag + "/rollout", Self.plan).status == 201)
            let first = try await gateway.call("GET", Self.flag + "/rollouts?limit=1")
            let next = try #require(first.json["next"] as? String)
            let second = try await gateway.call("GET", Self.flag + "/rollouts?limit=1&cursor=\(next)")
            #expect(second.text.contains(begun.id) && second.json["next"] is String == false)
            let revisions = try await gateway.call("GET", Self.flag + "/revisions")
            #expect(revisions.text.contains("looks good"))
        }
    }

    @Test func whatIsWrongIsTold() async throws {
        try await withFlag { gateway in
            for (json, status, problem) in [
                (#"{"control": "off", "treatment": "on", "steps": []}"#, 422, "invalid-rollout"),
                (#"{"control": "off", "treatment": "nix", "steps": [{"weight": 1}]}"#, 422, "invalid-rollout"),
                (
                    #"{"control": "off", "treatment": "on", "steps": [{"weight": 1}], "reason": 1}"#, 422,
                    "invalid-rollout"
                ),
                (#"{"control"#, 400, "invalid-json"),
            ] {
                let answer = try await gateway.call("POST", Self.flag + "/rollout", json)
                #expect(answer.status == status && answer.problem == problem, "\(answer.text)")
            }
            let elsewhere = try await gateway.call("POST", "/v1/environments/production/flags/g/rollout", Self.plan)
            #expect(elsewhere.status == 404)
            let kill = try await gateway.call("POST", Self.flag + "/kill")
            #expect(kill.status == 200)
            let disabled = try await gateway.call("POST", Self.flag + "/rollout", Self.plan)
            #expect(disabled.status == 409 && disabled.text.contains("disabled"))
        }
    }

    @Test func nothingCrossesTenants() async throws {
        try await withFlag { gateway in
            #expect(try await gateway.call("POST", Self.flag + "/rollout", Self.plan).status == 201)
            let shown = try await gateway.send("GET", Self.flag + "/rollout", key: gateway.otherKey)
            #expect(shown.status == 404)
            for word in RolloutOrder.allCases.map(\.rawValue) {
                let answer = try await gateway.send(
                    "POST", Self.flag + "/rollout/\(word)", key: gateway.otherKey, body: Array("{}".utf8))
                #expect(answer.problem == "not-found", "\(word)")
            }
            #expect(try await gateway.call("GET", Self.flag + "/rollout").json["status"] as? String == "running")
        }
    }
}

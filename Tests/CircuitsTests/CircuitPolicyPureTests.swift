import Foundation
import Testing

@testable import Circuits

struct CircuitPolicyPureTests {
    /// The table of the design.
    @Test(arguments: [
        ("window_s", 60), ("bucket_s", 5), ("min_calls", 10), ("fail_ratio", 0.5), ("consecutive", 5),
        ("slow_threshold", 0.8), ("slow_ratio", 0.9), ("wait_base_s", 5), ("wait_factor", 2), ("wait_cap_s", 300),
        ("wait_jitter", 0.2), ("wait_base_lasting_s", 60), ("retry_after_cap_s", 3600), ("forgive_after_s", 60),
        ("probes_needed", 3), ("probes_allowed", 4), ("concurrent_probes", 1), ("timeout_s", 30), ("lease_slack_s", 5),
        ("lost_leases", 2), ("half_open_limit_s", 60), ("ramp_min_calls", 5), ("ramp_fail_ratio", 0.3),
        ("ramp_consecutive", 3), ("flap_openings", 5), ("flap_window_s", 3600), ("flap_factor", 4), ("alibi_calls", 3),
        ("alibi_s", 30),
    ])
    func defaults(name: String, value: Double) {
        let parameter = CircuitPolicy.parameters.first { $0.name == name }
        #expect(parameter?.value(CircuitPolicy()) == .number(value))
    }

    @Test func theDefaultsAreValid() throws {
        try CircuitPolicy().validate()
        try HealthCheckSettings().validate()
    }

    @Test func laterLayersWin() throws {
        let tenant = CircuitPolicy.Overrides(["fail_ratio": .number(0.2), "min_calls": .number(20)])
        let destination = CircuitPolicy.Overrides(["fail_ratio": .number(0.7), "ramp": .flag(false)])
        let policy = try CircuitPolicy().applying(tenant, destination)
        #expect((policy.failRatio, policy.minCalls, policy.ramp) == (0.7, 20, false))
        #expect(policy.consecutive == CircuitPolicy().consecutive)
    }

    @Test func everyParameterCanBeSetAndRead() throws {
        #expect(Set(CircuitPolicy.parameters.map(\.name)).count == CircuitPolicy.parameters.count)
        for parameter in CircuitPolicy.parameters {
            let old = parameter.value(CircuitPolicy())
            let new: PolicyValue =
                switch old {
                case .flag(let flag): .flag(!flag)
                case .number(let number): .number(number == 0 || number >= 1 ? number + 1 : number / 2)
                }
            var policy = CircuitPolicy()
            #expect(parameter.set(&policy, new), "\(parameter.name)")
            #expect(parameter.value(policy) == new)
            let others = CircuitPolicy.parameters.filter { $0.name != parameter.name }
            #expect(others.allSatisfy { $0.value(policy) == $0.value(CircuitPolicy()) }, "\(parameter.name)")
        }
    }

    @Test func overridesAreAJSONObject() throws {
        let overrides = CircuitPolicy.Overrides([
            "ramp": .flag(false), "window_s": .number(90), "fail_ratio": .number(0.25),
        ])
        let data = try JSONEncoder().encode(overrides)
        #expect(try JSONDecoder().decode(CircuitPolicy.Overrides.self, from: data) == overrides)
        let written = try JSONDecoder().decode(
            CircuitPolicy.Overrides.self, from: Data(#"{"ramp": false, "window_s": 90, "fail_ratio": 0.25}"#.utf8))
        #expect(written == overrides)
    }

    @Test(
        arguments: [
            (["fail_ratio": .number(0)], "fail_ratio is 0; allowed: more than 0, at most 1"),
            (["fail_ratio": .number(1.5)], "fail_ratio is 1.5; allowed: more than 0, at most 1"),
            (["wait_cap_s": .number(4)], "wait_cap_s is 4; allowed: at least wait_base_s, which is 5"),
            (["window_s": .number(30)], "window_s is 30; allowed: more than timeout_s, which is 30"),
            (["bucket_s": .number(61)], "bucket_s is 61; allowed: at most window_s, which is 60"),
            (["probes_needed": .number(5)], "probes_needed is 5; allowed: at most probes_allowed, which is 4"),
            (["concurrent_probes": .number(5)], "concurrent_probes is 5; allowed: at most probes_allowed, which is 4"),
            (["window_calls": .number(5)], "min_calls is 10; allowed: at most window_calls, which is 5"),
            (["min_calls": .number(2.5)], "min_calls is 2.5; allowed: a whole number from 1 to 1000000"),
            (["min_calls": .flag(true)], "min_calls is true; allowed: a whole number from 1 to 1000000"),
            (["window_s": .number(.infinity)], "window_s is inf; allowed: 0.001 to 86400 seconds"),
            (["wait_base_s": .number(-1)], "wait_base_s is -1; allowed: 0.001 to 86400 seconds"),
            (["wait_jitter": .number(1)], "wait_jitter is 1; allowed: 0 to 0.9"),
            (["ramp": .number(1)], "ramp is 1; allowed: true or false"),
        ] as [([String: PolicyValue], String)])
    func whatIsWrongIsNamed(values: [String: PolicyValue], message: String) {
        let error = #expect(throws: PolicyError.self) { try CircuitPolicy().applying(.init(values)) }
        #expect(error.map { "\($0)" } == message)
    }

    @Test func everythingThatIsWrongIsTold() {
        let overrides = CircuitPolicy.Overrides(["fail_ratio": .number(2), "wait_factor": .number(0)])
        let error = #expect(throws: PolicyError.self) { try CircuitPolicy().applying(overrides) }
        #expect(error?.problems.count == 2)
    }

    @Test func waits() {
        let policy = CircuitPolicy()
        func wait(_ steps: Int, lasting: Bool = false, flapping: Bool = false) -> Duration {
            policy.wait(steps: steps, isLasting: lasting, isFlapping: flapping, jitter: 0.5)
        }
        #expect((0...7).map { wait($0) } == [5, 10, 20, 40, 80, 160, 300, 300].map { .seconds($0) })
        #expect((0...3).map { wait($0, lasting: true) } == [60, 120, 240, 300].map { .seconds($0) })
        #expect((0...4).map { wait($0, flapping: true) } == [20, 40, 80, 160, 300].map { .seconds($0) })
        #expect(wait(.max, lasting: true, flapping: true) == .seconds(300))
    }
}

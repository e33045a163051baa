import JSON
import Model
import Postgres
import TestSupport
import Testing

@testable import Tenants

/// What rollouts do by themselves.
struct RolloutGuardTests {
    @Test(arguments: [("rollback", "rolled_back: sequential"), ("hold", "held: regression"), ("observe", "advanced")])
    func aRegression(_ mode: String, _ expected: String) async throws {
        try await withRollouts { site in
            let rollout = try await site.start(RolloutSite.guarded(mode))
            try await site.note(rollout, isTreatment: true, units: 20, bad: 3)
            try await site.note(rollout, isTreatment: false, units: 180)
            #expect(try await site.checkLater() == expected)
            #expect(try await site.weight() == ["rollback": "0", "hold": "1000", "observe": "5000"][mode])
            let revision = try #require(
                try await site.store.revisions(of: "f", limit: 1, in: site.environment).first)
            #expect(revision.source == "guard" && revision.evidence?.text.contains("regression") == true)
        }
    }

    @Test func mostOfTheTreatmentFailing() async throws {
        try await withRollouts { site in
            let rollout = try await site.start()
            try await site.note(rollout, isTreatment: true, units: 6, count: 5, bad: 5)
            try await site.note(rollout, isTreatment: false, units: 60, count: 5)
            #expect(try await site.checkLater() == "rolled_back: fast")
        }
    }

    /// However much it fails: that is its own trouble. A person may go on.
    @Test func oneDeadUnitProvesNothing() async throws {
        try await withRollouts { site in
            let rollout = try await site.start()
            try await site.noteHealthy(rollout)
            try await site.note(rollout, isTreatment: true, units: 1, count: 10_000, bad: 10_000, named: "dead")
            #expect(try await site.checkLater() == nil)
            let waiting = try await site.current()
            #expect(waiting.said("outcome") == .string("ok") && waiting.said("waits_for") == .string("another_unit"))
            try await site.order(.approve)
            #expect(try await site.checkLater() == "advanced")
        }
    }

    @Test func silenceAndStaleOutcomesEndNoStep() async throws {
        try await withRollouts { site in
            let rollout = try await site.start()
            #expect(try await site.checkLater() == nil)
            #expect(try await site.current().said("waits_for") == .string("deliveries"))
            try await site.note(rollout, isTreatment: false, units: 100)
            #expect(try await site.checkLater() == nil)
            try await site.note(rollout, isTreatment: true, units: 10)
            try await site.execute("UPDATE sluice.rollout_outcome SET last_at = now() - interval '10 minutes'")
            #expect(try await site.checkLater() == nil)
            #expect(try await site.current().said("waits_for") == .string("fresh_deliveries"))
            try await site.note(rollout, isTreatment: true, units: 1)
            try await site.note(rollout, isTreatment: false, units: 1)
            #expect(try await site.checkLater() == "advanced")
        }
    }

    @Test func theHoldTimeIsKept() async throws {
        try await withRollouts { site in
            try await site.noteHealthy(try await site.start())
            let check = try #require(try await site.outcomes.checkNext(.only))
            #expect(check.done == nil && check.key == "f")
            #expect(try await site.current().said("waits_for") == .string("hold_time"))
            // It is not due again at once.
            #expect(try await site.outcomes.checkNext(.only)?.key == nil)
        }
    }

    /// Each has a time and outcomes of its own, however late the check.
    @Test func overdueStepsAreNotSkipped() async throws {
        try await withRollouts { site in
            try await site.start(
                """
                {"control": "off", "treatment": "on", "steps": [
                    {"weight": 100, "hold_s": 60}, {"weight": 200, "hold_s": 60}, {"weight": 300, "hold_s": 60}]}
                """)
            let rollout = try await site.current()
            try await site.note(rollout, isTreatment: true, units: 10)
            try await site.note(rollout, isTreatment: false, units: 100)
            try await site.execute("UPDATE sluice.rollout SET step_started_at = now() - interval '30 days'")
            #expect(try await site.checkLater() == "advanced")
            // Those of the step before come late.
            try await site.noteHealthy(rollout)
            #expect(try await site.count("rollout_outcome") == 0)
            #expect(try await site.checkLater() == nil)
            #expect(try await site.current().step == 1)
        }
    }

    @Test func aFlagThatSomebodyChangesIsHeldUntilResumed() async throws {
        try await withRollouts { site in
            try await site.noteHealthy(try await site.start())
            let targeting = #", "targeting": {"if": [{"var": "vip"}, "on", {"$ref": "rollout/f"}]}}"#
            try await site.flag(String(RolloutSite.definition.dropLast()) + targeting)
            #expect(try await site.checkLater() == "held: superseded")
            #expect(try await site.checkLater() == nil)
            #expect(try await site.order(.resume).status == "running")
            // A held one is watched.
            try await site.order(.hold)
            let rollout = try await site.current()
            try await site.note(rollout, isTreatment: true, units: 20, bad: 9)
            try await site.note(rollout, isTreatment: false, units: 180)
            #expect(try await site.checkLater() == "rolled_back: fast")
        }
    }

    @Test func unitsThatDoNotMatchTheWeightHold() async throws {
        try await withRollouts { site in
            let rollout = try await site.start()
            try await site.note(rollout, isTreatment: true, units: 60)
            try await site.note(rollout, isTreatment: false, units: 140)
            #expect(try await site.checkLater() == "held: sample_ratio")
            #expect(try await site.order(.resume).status == "running")
            // One busy unit is one unit.
            try await site.noteHealthy(rollout)
            try await site.note(rollout, isTreatment: true, units: 1, count: 1_000_000)
            #expect(try await site.checkLater() == "advanced")
        }
    }

    @Test func oneOfTwoChecksJudges() async throws {
        try await withRollouts { site in
            try await site.noteHealthy(try await site.start())
            try await site.execute(
                "UPDATE sluice.rollout SET next_check_at = now(), step_started_at = now() - interval '1 hour'")
            try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<4 { group.addTask { try await site.outcomes.checkNext(.only)?.done } }
                let advanced = try await group.reduce(0) { $0 + ($1 == "advanced" ? 1 : 0) }
                #expect(advanced == 1)
            }
            #expect(try await site.current().step == 1)
            #expect(try await site.weight() == "5000")
        }
    }

    @Test func theCanarysCircuitOpening() async throws {
        try await withRollouts { site in
            let canary = try await site.canary()
            try await site.start(RolloutSite.plan.replacing("\"off\"", with: "\"old\""))
            try await site.openCircuit(of: canary)
            #expect(try await site.current().status == "rolled_back")
            #expect(try await site.current().said("rule") == .string("circuit"))
            #expect(try await site.weight() == "0")
        }
    }

    /// A circuit waits for nobody who may wait for it.
    @Test func aCircuitThatOpensWhileTheSetIsLocked() async throws {
        try await withRollouts { site in
            let canary = try await site.canary()
            try await site.start(RolloutSite.plan.replacing("\"off\"", with: "\"old\""))
            try await site.client.withTransaction { lease in
                _ = try await lease.execute(Statement("SELECT 1 FROM sluice.flag_set FOR UPDATE"))
                try await site.openCircuit(of: canary)
                #expect(try await site.outcomes.checkNext(.only)?.key == nil)
            }
            #expect(try await site.current().status == "running")
            #expect(try await site.outcomes.checkNext(.only)?.done == "rolled_back: circuit")
        }
    }
}

extension RolloutSite {
    /// The destination whose name is the treatment's value.
    fileprivate func canary() async throws -> DestinationID {
        try await flag(
            #"{"state": "ENABLED", "variants": {"on": "canary", "old": "stable"}, "defaultVariant": "old"}"#)
        var made: [DestinationID] = []
        for name in ["stable", "canary"] {
            let settings = DestinationSettings(name: name, baseURL: "http://127.0.0.1:9")
            made.append(
                try await store.putDestination(settings, tenant: environment.tenant, shard: environment.shard).id)
        }
        return try #require(made.last)
    }

    fileprivate func openCircuit(of destination: DestinationID) async throws {
        let opened = try await client.execute(
            Statement(
                """
                SELECT sluice.apply_circuit(
                    jsonb_populate_record(c, '{"state": "open", "epoch": 2}'), NULL, false, now(),
                    '[{"epoch": 2, "reason": "failures", "from_state": "closed", "to_state": "open", "mode": "auto", "evidence": {}}]')
                FROM sluice.circuit c WHERE c.destination_id = $1
                """), Parameters(destination.uuid))
        #expect(try opened.first?.decode(0, as: Bool.self) == true)
    }
}

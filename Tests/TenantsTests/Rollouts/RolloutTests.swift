import JSON
import Model
import Postgres
import Testing

@testable import Tenants

/// What people want of rollouts.
struct RolloutTests {
    @Test func itGoesThroughItsStepsAndCompletes() async throws {
        try await withRollouts { site in
            var rollout = try await site.start()
            #expect(rollout.status == "running" && rollout.step == 0)
            #expect(try await site.weight() == "1000")
            #expect(try await site.isUnderWay())
            #expect(
                try await site.text("SELECT definition -> 'targeting' ->> '$ref' FROM sluice.flag") == "rollout/f")
            try await site.noteHealthy(rollout)
            #expect(try await site.checkLater() == "advanced")
            rollout = try await site.current()
            #expect(rollout.step == 1 && rollout.status == "running")
            #expect(try await site.weight() == "5000")
            #expect(try await site.count("rollout_outcome") == 0)
            try await site.note(rollout, isTreatment: true, units: 100)
            try await site.note(rollout, isTreatment: false, units: 100)
            #expect(try await site.checkLater() == nil)
            #expect(try await site.current().said("waits_for") == .string("approval"))
            try await site.order(.approve)
            #expect(try await site.checkLater() == "completed")
            rollout = try await site.current()
            #expect(rollout.status == "completed" && rollout.endedAt != nil)
            #expect(try await site.weight() == "10000")
            #expect(try await site.isUnderWay() == false)
            #expect(try await site.count("rollout_outcome") == 0)

            let revisions = try await site.store.revisions(of: "f", limit: 10, in: site.environment)
            #expect(revisions.map(\.source) == ["guard", "rollout", "guard", "rollout", "edit"])
            #expect(revisions.map { $0.evidence != nil } == [true, true, true, false, false])
            #expect(revisions.map(\.setVersion) == [5, 4, 3, 2, 1])
        }
    }

    @Test func whatCanNotBeginIsRefused() async throws {
        try await withRollouts { site in
            func refusal(_ plan: String = RolloutSite.plan, key: String = "f") async -> RolloutRefusal? {
                do {
                    let plan = try RolloutPlan(try JSONValue(parsing: Array(plan.utf8)))
                    _ = try await site.store.startRollout(plan, of: key, in: site.environment, by: FlagAuthor("test"))
                    return nil
                } catch {
                    return error as? RolloutRefusal
                }
            }
            #expect(await refusal(key: "g") == .noFlag)
            #expect(
                await refusal(RolloutSite.plan.replacing("\"on\"", with: "\"nix\"")) == .unknownVariant)
            let variants = #""variants": {"on": true, "off": false}, "defaultVariant": "off""#
            try await site.flag(#"{"state": "DISABLED", \#(variants)}"#)
            #expect(await refusal() == .disabled)
            try await site.flag(#"{"state": "ENABLED", \#(variants), "targeting": {"if": [true, "on", "off"]}}"#)
            #expect(await refusal() == .notReferred)
            try await site.flag(
                #"{"state": "ENABLED", \#(variants), "targeting": {"if": [true, {"$ref": "rollout/f"}, "off"]}}"#)
            #expect(await refusal() == nil)
            #expect(await refusal() == .active)
        }
    }

    @Test func itIsHeldResumedRolledBackAndCancelled() async throws {
        try await withRollouts { site in
            let first = try await site.start()
            try await site.noteHealthy(first)
            #expect(try await site.order(.hold).holdReason == "command")
            #expect(try await site.checkLater() == nil)
            #expect(try await site.order(.hold).status == "held")
            let resumed = try await site.order(.resume)
            #expect(resumed.status == "running" && resumed.holdReason == nil)
            // The step begins anew.
            #expect(try await site.count("rollout_outcome") == 0)
            #expect(try await site.order(.rollback).status == "rolled_back")
            #expect(try await site.weight() == "0")
            await #expect(throws: RolloutRefusal.noneUnderWay) { try await site.order(.resume) }

            let second = try await site.start()
            #expect(second.seed != first.seed)
            #expect(try await site.order(.cancel).status == "cancelled")
            #expect(try await site.weight() == "1000")
            let keeping = RolloutSite.plan.replacing("\"steps\"", with: "\"keep_seed\": true, \"steps\"")
            #expect(try await site.start(keeping).seed == second.seed)
            let all = try await site.store.rollouts(of: "f", limit: 10, in: site.environment)
            #expect(all.map(\.status) == ["running", "cancelled", "rolled_back"])
            let older = try await site.store.rollouts(of: "f", before: all[0].id, limit: 1, in: site.environment)
            #expect(older.map(\.id) == [second.id])
        }
    }

    /// A killed flag comes back with the control.
    @Test func killingAndArchivingCancelIt() async throws {
        try await withRollouts { site in
            try await site.noteHealthy(try await site.start())
            try await site.store.killFlag("f", in: site.environment, by: FlagAuthor("test"))
            #expect(try await site.current().status == "cancelled")
            #expect(try await site.weight() == "0")
            #expect(try await site.isUnderWay() == false)
            #expect(try await site.count("rollout_outcome") == 0)
            try await site.flag()
            try await site.start()
            try await site.store.archiveFlag("f", in: site.environment, by: FlagAuthor("test"))
            #expect(try await site.current().status == "cancelled")
            #expect(try await site.checkLater() == nil)
        }
    }

    @Test func aTenantThatIsDeletedLeavesNothing() async throws {
        try await withRollouts { site in
            let rollout = try await site.start()
            try await site.noteHealthy(rollout)
            try await site.store.setState(.deleting, of: "acme")
            while try await site.text("SELECT nullif(sluice.remove_tenants(1000, interval '0'), 0)::text") != nil {}
            for table in ["rollout", "rollout_outcome", "flag", "flag_set", "flag_revision"] {
                #expect(try await site.count(table) == 0, "\(table)")
            }
            // What a worker still has is nobody's.
            try await site.noteHealthy(rollout)
            #expect(try await site.count("rollout_outcome") == 0)
        }
    }
}

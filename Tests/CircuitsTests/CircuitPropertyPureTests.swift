import Model
import Postgres
import Testing

@testable import Circuits

/// The invariants of the machine, under random orders of events in simulated time.
struct CircuitPropertyPureTests {
    static let schedulesPerSeed: UInt64 = 250
    static let steps = 120

    /// 40 · 250 schedules.
    @Test(arguments: UInt64(0)..<40) func invariantsHold(_ seed: UInt64) {
        for schedule in 0..<Self.schedulesPerSeed {
            var world = World(seed: seed * Self.schedulesPerSeed + schedule)
            for _ in 0..<Self.steps where world.broken == nil { world.step() }
            if world.broken == nil { world.heal() }
            if let broken = world.broken {
                Issue.record("seed \(seed), schedule \(schedule): \(broken) \(world.story.circuit)")
                return
            }
        }
    }

    /// The schedules get everywhere, or the invariants would hold for want of events.
    @Test func schedulesReachEverything() {
        var reasons: Set<Circuit.Reason> = []
        for seed in UInt64(0)..<2_000 {
            var world = World(seed: seed)
            for _ in 0..<Self.steps { world.step() }
            world.heal()
            reasons.formUnion(world.reasons)
        }
        #expect(Set(Circuit.Reason.allCases).subtracting(reasons) == [.created])
    }
}

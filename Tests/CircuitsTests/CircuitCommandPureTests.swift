import Model
import Postgres
import Testing

@testable import Circuits

struct CircuitCommandPureTests {
    static let commands: [Circuit.Command] =
        Circuit.Mode.allCases.map { .setMode($0) } + [
            .probeNow, .hold(until: Timestamp(microseconds: 9_000_000_000)), .setLimit(3), .setLimit(nil), .reset,
        ]

    @Test(arguments: Circuit.State.allCases, commands)
    func aCommandIsRefusedOrRecordedAndAnnounced(state: Circuit.State, command: Circuit.Command) {
        var story = Story.at(state)
        let epoch = story.circuit.epoch
        let effects = story.command(command)
        if case .refuse = effects.first {
            #expect(command == .probeNow && effects.count == 1 && story.circuit.epoch == epoch)
            return
        }
        #expect(story.circuit.epoch == epoch + 1 && effects.notifications == 1)
        #expect(effects.events.count == 1)
        #expect(effects.events.first?.actor == "ada" && effects.events.first?.evidence.note == "because")
    }

    @Test(arguments: Circuit.State.allCases, [Circuit.Mode.forcedOpen, .forcedClosed])
    func aForcedModeKeepsTheState(state: Circuit.State, mode: Circuit.Mode) {
        var story = Story.at(state)
        story.command(.setMode(mode))
        story.evaluate(fail: 100)
        story.handle(.health(isUp: false, .canary))
        story.handle(.tick(LimitSample(.init(ok: 500), inFlight: 9), epoch: story.circuit.epoch))
        story.now = story.now + .seconds(7_200)
        story.handle(.timer)
        #expect(story.circuit.state == state)
        story.command(.setMode(.auto))
        #expect(story.circuit.state == state)
        if state == .open || state == .halfOpen { #expect(story.circuit.retryAt == story.now) }
    }

    @Test(arguments: Circuit.State.allCases) func observingStartsWithACleanOpinion(_ state: Circuit.State) {
        var story = Story.at(state)
        story.command(.setMode(.observe))
        #expect(story.circuit.state == .closed && story.circuit.reopenCount == 0 && story.circuit.limit == nil)
        #expect(story.circuit.gate == .pass)
    }

    @Test(arguments: Circuit.State.allCases) func aResetLeavesNothingButTheEpoch(_ state: Circuit.State) {
        var story = Story.at(state)
        story.command(.setLimit(3))
        story.command(.reset)
        var fresh = Circuit(at: story.now)
        fresh.epoch = story.circuit.epoch
        fresh.reason = .reset
        fresh.probes.lastToken = story.circuit.probes.lastToken
        fresh.stateSince = story.circuit.stateSince
        #expect(story.circuit == fresh)
    }

    @Test func aModeChangeOrphansTheProbe() throws {
        var story = Story.at(.halfOpen)
        let lease = try story.probe()
        story.command(.setMode(.forcedOpen))
        #expect(story.circuit.probes.leases.isEmpty)
        #expect(story.finish(lease, .ok) == [.dropStale])
    }

    @Test func theLimitIsTheLeastOfAll() {
        var story = Story()
        #expect(story.circuit.dispatchLimit(story.policy) == 64)
        story.command(.setLimit(100))
        #expect(story.circuit.dispatchLimit(story.policy) == 64)
        story.command(.setLimit(10))
        #expect(story.circuit.dispatchLimit(story.policy) == 10)
        story.handle(.pushback(count: 1, retryAfter: .seconds(2), epoch: story.circuit.epoch))
        #expect(story.circuit.dispatchLimit(story.policy) == 5)
        #expect(story.circuit.capacity(at: story.now, policy: story.policy) == 0)
        #expect(story.circuit.capacity(at: story.now + .seconds(2), policy: story.policy) == 5)
        story.command(.setMode(.forcedClosed))
        #expect(story.circuit.dispatchLimit(story.policy) == 10)
    }
}

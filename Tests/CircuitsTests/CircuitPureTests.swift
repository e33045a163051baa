import Model
import Postgres
import Testing

@testable import Circuits

struct CircuitPureTests {
    typealias Mode = Circuit.Mode
    typealias State = Circuit.State
    typealias Gate = Circuit.Gate

    @Test(arguments: Mode.allCases, State.allCases) func theGateFollowsFromModeAndState(mode: Mode, state: State) {
        var circuit = Circuit(at: Timestamp(microseconds: 0))
        (circuit.mode, circuit.state) = (mode, state)
        let automatic: [State: Gate] = [.closed: .pass, .open: .hold, .halfOpen: .probe, .ramping: .limited]
        let expected: Gate? =
            switch mode {
            case .auto: automatic[state]
            case .forcedOpen: .hold
            case .forcedClosed, .observe: .pass
            }
        #expect(circuit.gate == expected)
        #expect(circuit.gate.passes == (expected == .pass || expected == .limited))
        #expect((circuit.capacity(at: circuit.stateSince, policy: .init()) > 0) == circuit.gate.passes)
    }

    @Test(arguments: State.allCases) func outcomesOfAnotherEpochChangeNothing(_ state: State) {
        var story = Story.at(state)
        #expect(story.circuit.state == state)
        let before = story.circuit
        var failing = CircuitCounts()
        failing.fail = 100
        for epoch in [before.epoch - 1, before.epoch + 1] {
            let late: [Circuit.Input] = [
                .evaluate(WindowSums(slots: [.number(1): failing]), epoch: epoch),
                .pushback(count: 1, retryAfter: .seconds(9), epoch: epoch),
                .tick(LimitSample(.init(ok: 100), inFlight: 9), epoch: epoch),
                .probeFinished(token: before.probes.lastToken, epoch: epoch, .init(.ok), request: nil),
            ]
            for input in late { #expect(story.handle(input) == [.dropStale]) }
        }
        #expect(story.circuit == before)
    }

    @Test func anOpeningIsRecordedAnnouncedAndCopiedOnce() throws {
        var story = Story()
        let effects = story.evaluate(ok: 2, fail: 8)
        #expect(effects.notifications == 1 && effects.gates == [.hold])
        let event = try #require(effects.events.first)
        #expect(effects.events.count == 1)
        #expect((event.from, event.to) == (.closed, .open))
        #expect((event.epoch, event.reason, event.actor) == (2, .failRatio, nil))
        #expect(event.evidence.json == #"{"fail":8,"ok":2,"pushback":0,"slow":0,"wait_seconds":5,"workers":1}"#)
        #expect(story.evaluate(fail: 100) == [])
        #expect(story.circuit.epoch == 2)
    }

    @Test func anExpiredLeaseIsStolenWithANewToken() throws {
        var story = Story.at(.open)
        story.now = story.now + .seconds(5)
        let first = try story.probe(by: .number(1))
        #expect(first.until == story.now + .seconds(35))
        #expect(story.handle(.probeAsked(by: .number(2))) == [.refuse(.busy)])
        story.now = first.until
        let second = try story.probe(by: .number(2))
        #expect(second.token > first.token && second.owner == .number(2))
        #expect(story.finish(first, .failure(.answered)) == [.dropStale])
        #expect(story.circuit.probes.lost == 1 && story.circuit.probes.fail == 0)
        story.finish(second, .ok)
        #expect(story.circuit.probes.ok == 1)
        #expect(story.finish(second, .ok) == [.dropStale])
    }

    @Test func theNextProbeSkipsARequestThatMayHaveBeenTheFault() throws {
        var story = Story.at(.open)
        for (failure, skip) in [(.serverError, RequestID.number(7)), (.broken, .number(7)), (.hard, nil)]
            as [(CircuitSignal.Failure, RequestID?)]
        {
            story.now = try #require(story.circuit.retryAt)
            let lease = try story.probe()
            story.finish(lease, .failure(failure), request: .number(7))
            #expect(story.circuit.state == .open)
            #expect(story.circuit.probes.skipRequest == skip)
        }
        story.circuit.probes.skipRequest = .number(7)
        story.now = try #require(story.circuit.retryAt)
        let lease = try story.probe()
        #expect(lease.skip == .number(7))
        story.finish(lease, .ok)
        #expect(story.askProbe()?.skip == .number(7))
    }

    @Test(arguments: [Circuit.Refusal.mode, .notOpen, .notDue, .throttled, .busy])
    func aProbeIsRefusedWithItsReason(_ refusal: Circuit.Refusal) {
        var story = Story.at([.mode, .notDue].contains(refusal) ? .open : refusal == .notOpen ? .closed : .halfOpen)
        switch refusal {
        case .mode: story.command(.setMode(.forcedOpen))
        case .throttled: story.circuit.throttledUntil = story.now + .seconds(1)
        case .busy: _ = story.askProbe()
        case .notOpen, .notDue: break
        }
        let before = story.circuit
        #expect(story.handle(.probeAsked(by: .number(3))) == [.refuse(refusal)])
        #expect(story.circuit == before)
    }

    /// Nobody need have been told, and nobody need be there: the row is all that there is.
    @Test func anotherProcessGoesOnFromTheRow() throws {
        var first = Story.at(.open)
        first.now = first.now + .seconds(5)
        let lease = try first.probe()
        var second = Story()
        (second.circuit, second.now) = (first.circuit, first.now)
        #expect(second.finish(lease, .ok) == first.finish(lease, .ok))
        #expect(second.circuit == first.circuit)
    }

    @Test func anOutageIsAnnouncedThreeTimes() {
        var story = Story.at(.open)
        var announced: [Double] = []
        for _ in 0..<(26 * 60) {
            story.now = story.now + .seconds(60)
            for event in story.handle(.timer).events where event.reason == .stillOpen {
                announced.append(event.evidence.openSeconds ?? 0)
            }
        }
        #expect(announced == [900, 14_400, 86_400])
        #expect(story.circuit.nextTimer(story.policy) == nil)
    }

    @Test func theNextTimerIsTheFirstThatIsDue() {
        var story = Story.at(.halfOpen)
        let phase = story.circuit.stateSince
        #expect(story.circuit.nextTimer(story.policy) == phase + .seconds(60))
        let lease = story.askProbe()
        #expect(lease.map(\.until) == story.circuit.nextTimer(story.policy))
        story.command(.setMode(.observe, until: story.now + .seconds(3)))
        #expect(story.circuit.nextTimer(story.policy) == story.now + .seconds(3))
    }

    @Test func theWaitIsJitteredByAFifth() {
        for (jitter, seconds) in [(0, 4.0), (0.5, 5), (1, 6)] {
            var circuit = Circuit(at: Timestamp(microseconds: 0))
            var counts = CircuitCounts()
            counts.fail = 5
            _ = circuit.handle(
                .evaluate(WindowSums(slots: [.number(1): counts]), epoch: 1), at: circuit.stateSince,
                policy: CircuitPolicy(), jitter: jitter)
            #expect(circuit.retryAt == Timestamp(microseconds: 0) + .seconds(seconds))
        }
    }

    @Test(arguments: Circuit.State.allCases) func aClockThatIsSetBackHoldsNothingUp(_ state: Circuit.State) throws {
        var story = Story()
        story.now = story.now + .seconds(86_400)
        let ahead = story.now
        story.evaluate(fail: 5)
        if state != .open {
            story.now = story.now + .seconds(5)
            let lease = try story.probe()
            if state != .halfOpen {
                story.finish(lease, .ok)
                for _ in 0..<2 { story.finish(try story.probe(), .ok) }
            }
        }
        if state == .closed {
            let sample = LimitSample(.init(ok: 20), inFlight: 0, backlogIsEmpty: true)
            story.handle(.tick(sample, epoch: story.circuit.epoch))
        }
        #expect(story.circuit.state == state)
        let rest = story.circuit.nextTimer(story.policy).map { $0 - story.now }
        let due = story.circuit.retryAt.map { $0 - story.now }
        story.now = Timestamp(microseconds: 0)
        story.handle(.timer)
        #expect(story.circuit.stateSince == story.now && ahead > story.now)
        #expect(story.circuit.nextTimer(story.policy).map { $0 - story.now } == rest)
        #expect(story.circuit.retryAt.map { $0 - story.now } == due)
    }

    @Test func theFlapAlarmIsRaisedOnceAndLapses() {
        var alarm = FlapAlarm()
        let policy = CircuitPolicy()
        let minutes = [0, 10, 20, 30, 40, 50, 111, 112]
        let told = minutes.map { alarm.opened(at: Timestamp(microseconds: 0) + .seconds($0 * 60), policy) }
        #expect(told == [false, false, false, false, true, false, false, false])
        #expect(alarm.openings.count == 5)
        #expect(!alarm.isRaised(at: Timestamp(microseconds: 0) + .seconds(112 * 60), policy))
    }

    @Test func aLongOutageIsForgivenInMinutes() {
        var story = Story.at(.open)
        for _ in 0..<1_000 {
            story.now = story.circuit.retryAt ?? story.now
            guard let lease = story.askProbe() else { break }
            story.finish(lease, .failure(.hard))
        }
        #expect(story.circuit.reopenCount == 6)
    }
}

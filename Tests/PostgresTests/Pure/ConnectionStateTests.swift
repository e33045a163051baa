import Testing

@testable import Postgres

extension Pure {
    @Suite struct ConnectionStateTests {
        typealias Phase = ConnectionState.Phase
        typealias Event = ConnectionState.Event
        typealias Action = ConnectionState.Action

        struct Transition: Sendable {
            let from: Phase
            let event: Event
            let action: Action
            let to: Phase
        }

        static let phases: [(phase: Phase, path: [Event])] = [
            (.disconnected, []),
            (.connecting, [.start]),
            (.preparing, [.start, .connected]),
            (.ready, [.start, .connected, .prepared]),
            (.closed, [.close]),
        ]
        static let events: [Event] = [.start, .connected, .prepared, .failed, .retryDue, .close]

        /// Every other pair of a phase and an event changes nothing.
        static let transitions = [
            Transition(from: .disconnected, event: .start, action: .connect(attempt: 0), to: .connecting),
            Transition(from: .disconnected, event: .retryDue, action: .connect(attempt: 0), to: .connecting),
            Transition(from: .disconnected, event: .close, action: .finish, to: .closed),
            Transition(from: .connecting, event: .connected, action: .prepare, to: .preparing),
            Transition(from: .connecting, event: .failed, action: .retry(after: .milliseconds(50)), to: .disconnected),
            Transition(from: .connecting, event: .close, action: .finish, to: .closed),
            Transition(from: .preparing, event: .prepared, action: .serve, to: .ready),
            Transition(from: .preparing, event: .failed, action: .retry(after: .milliseconds(50)), to: .disconnected),
            Transition(from: .preparing, event: .close, action: .finish, to: .closed),
            Transition(from: .ready, event: .failed, action: .retry(after: .milliseconds(50)), to: .disconnected),
            Transition(from: .ready, event: .close, action: .finish, to: .closed),
        ]

        @Test(arguments: phases.indices, events) func everyPairOfPhaseAndEvent(index: Int, event: Event) {
            let (phase, path) = Self.phases[index]
            var state = ConnectionState()
            for step in path { _ = state.handle(step, jitter: 0) }
            #expect(state.phase == phase)
            let expected = Self.transitions.first { $0.from == phase && $0.event == event }
            #expect(state.handle(event, jitter: 0) == expected?.action ?? .none)
            #expect(state.phase == expected?.to ?? phase)
        }

        @Test func attemptsCountUpUntilAConnectionIsReady() {
            var state = ConnectionState()
            #expect(state.handle(.start) == .connect(attempt: 0))
            for attempt in 1...5 {
                _ = state.handle(.failed)
                #expect(state.handle(.retryDue) == .connect(attempt: attempt))
            }
            for event in [Event.connected, .prepared, .failed] { _ = state.handle(event) }
            #expect(state.failures == 1)
        }

        @Test func delaysDoubleUpToTheMaximum() {
            let delays = (0...6).map { ConnectionState.delay(failures: $0, jitter: 0) }
            #expect(delays == [50, 100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        }

        @Test(arguments: [0, 1, 4, 5, 10, 63, 64, 1_000_000, Int.max])
        func delaysStayWithinTheirBounds(failures: Int) {
            let full = ConnectionState.delay(failures: failures, jitter: 0)
            for jitter in [0, 0.25, 0.5, 0.999_999] {
                let delay = ConnectionState.delay(failures: failures, jitter: jitter)
                #expect(delay <= full && delay >= full / 2)
                #expect(delay >= .milliseconds(25) && delay <= .seconds(1))
            }
        }
    }
}

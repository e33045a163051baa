import Model
import Postgres
import Testing

@testable import Circuits

struct EgressGuardPureTests {
    private let start = Timestamp(microseconds: 0)

    struct Case: Sendable {
        let failing: Int
        let healthy: Int
        let trips: Bool
    }

    @Test(arguments: [
        Case(failing: 19, healthy: 0, trips: false), Case(failing: 20, healthy: 0, trips: true),
        Case(failing: 20, healthy: 20, trips: true), Case(failing: 20, healthy: 21, trips: false),
        Case(failing: 100, healthy: 101, trips: false), Case(failing: 0, healthy: 0, trips: false),
    ])
    func takesHalfAndTwenty(_ row: Case) {
        var egress = EgressGuard()
        for number in 0..<row.failing {
            egress.record(.init(.failure(.hard)), of: .number(UInt64(number)), at: start)
        }
        for number in 0..<row.healthy {
            egress.record(.init(.ok), of: .number(UInt64(1_000 + number)), at: start)
        }
        #expect(egress.isTripped(at: start) == row.trips)
        #expect(egress.isTripped(at: start + .seconds(30)) == false)
    }

    @Test(
        arguments: [
            (.ok, false), (.pushback, false), (.failure(.answered), false), (.failure(.serverError), false),
            (.failure(.hard), true), (.failure(.lasting), true), (.failure(.broken), true),
            (.failure(.unresolved), true),
            (.ignored, false),
        ] as [(CircuitSignal.Kind, Bool)])
    func anAnswerProvesTheNetwork(kind: CircuitSignal.Kind, trips: Bool) {
        var egress = EgressGuard()
        for number in UInt64(0)..<50 { egress.record(.init(kind), of: .number(number), at: start) }
        #expect(egress.isTripped(at: start) == trips)
    }

    @Test func anOldSuccessDoesNotHelpAndATestDoes() {
        var egress = EgressGuard()
        for number in UInt64(0)..<50 {
            egress.record(.init(.ok), of: .number(number), at: start)
            egress.record(.init(.failure(.hard)), of: .number(number), at: start + .seconds(25))
        }
        #expect(egress.isTripped(at: start + .seconds(29)) == false)
        #expect(egress.isTripped(at: start + .seconds(30)) == true)
        egress.reset()
        #expect(egress.isTripped(at: start + .seconds(30)) == false)
    }
}

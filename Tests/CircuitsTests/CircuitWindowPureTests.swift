import Model
import Postgres
import Testing

@testable import Circuits

struct CircuitWindowPureTests {
    private func time(_ seconds: Double) -> Timestamp { Timestamp(microseconds: 0) + .seconds(seconds) }

    @Test func byTimeOldBucketsLeave() {
        var window = CircuitWindow(policy: CircuitPolicy(), epoch: 1)
        for second in stride(from: 0.0, to: 120, by: 1) {
            window.add(.init(.ok), request: .number(1), worker: .number(1), epoch: 1, at: time(second))
            let count = window.sums(at: time(second)).total.ok
            #expect(count == Int(min(second + 1, 56 + second.truncatingRemainder(dividingBy: 5))))
        }
        #expect(window.sums(at: time(180)).total == CircuitCounts())
    }

    @Test func byCountTheLastCallsStay() {
        var policy = CircuitPolicy()
        policy.windowCalls = 10
        var window = CircuitWindow(policy: policy, epoch: 1)
        for second in 0..<8 {
            let signal = CircuitSignal(second < 5 ? .failure(.hard) : .ok)
            window.add(signal, request: .number(1), worker: .number(1), epoch: 1, at: time(Double(second) * 1_000))
        }
        #expect(window.sums(at: time(1e6)).total.fail == 5)
        for _ in 0..<7 { window.add(.init(.ok), request: .number(1), worker: .number(2), epoch: 1, at: time(1e6)) }
        let sums = window.sums(at: time(1e6))
        #expect(sums.total.fail == 0 && sums.total.ok == 10)
        #expect(sums.slots[.number(1)]?.ok == 3 && sums.slots[.number(2)]?.ok == 7)
    }

    @Test func aNewEpochEmptiesIt() {
        var window = CircuitWindow(policy: CircuitPolicy(), epoch: 1)
        window.add(.init(.failure(.hard)), request: .number(1), worker: .number(1), epoch: 1, at: time(0))
        window.add(.init(.ok), request: .number(1), worker: .number(1), epoch: 2, at: time(0))
        window.add(.init(.failure(.hard)), request: .number(1), worker: .number(1), epoch: 1, at: time(0))
        #expect(window.sums(at: time(0)).total.fail == 0)
    }

    @Test func aRequestsServerErrorsCountOnceAWindow() {
        var window = CircuitWindow(policy: CircuitPolicy(), epoch: 1)
        for second in [0.0, 1, 20, 40] {
            for worker in [WorkerID.number(1), .number(2)] {
                window.add(
                    .init(.failure(.serverError)), request: .number(7), worker: worker, epoch: 1, at: time(second))
            }
        }
        #expect(window.sums(at: time(40)).total.distinct == 1)
        #expect(window.sums(at: time(40)).run == 1)
        #expect(window.sums(at: time(40)).total.serverErrors == 8)
    }

    @Test func theRunIsBrokenByASuccess() {
        var window = CircuitWindow(policy: CircuitPolicy(), epoch: 1)
        let story: [(Double, CircuitSignal.Kind, Int)] = [
            (0, .failure(.hard), 1), (6, .failure(.hard), 2), (7, .pushback, 2), (8, .ok, 0), (8, .failure(.hard), 1),
            (20, .failure(.broken), 2), (21, .failure(.unresolved), 2),
        ]
        for (second, kind, run) in story {
            window.add(.init(kind), request: .number(1), worker: .number(1), epoch: 1, at: time(second))
            #expect(window.sums(at: time(second)).run == run)
        }
    }

    @Test func theLatestRetryAfterCounts() {
        var window = CircuitWindow(policy: CircuitPolicy(), epoch: 1)
        for (second, asked) in [(0.0, 30), (10, 5)] {
            let signal = CircuitSignal(.failure(.answered), retryAfter: .seconds(asked))
            window.add(signal, request: .number(1), worker: .number(1), epoch: 1, at: time(second))
        }
        #expect(window.sums(at: time(10)).notBefore == time(30))
    }
}

import Model
import Testing

@testable import Circuits

/// The table "What counts as a failure" of the design, as far as it is about circuits.
struct CircuitSignalPureTests {
    @Test(
        arguments: [
            ([200...299, 300...399], .ok),
            ([400...407, 409...424, 426...426, 428...428, 431...431, 451...451], .ok),
            ([408...408, 425...425], .ok),
            ([429...429, 529...529], .pushback),
            ([500...500], .failure(.serverError)),
            ([501...501, 505...506, 508...508, 510...510], .ok),
            ([502...504, 507...507, 511...511, 520...527], .failure(.answered)),
        ] as [([ClosedRange<Int>], CircuitSignal.Kind)])
    func statuses(ranges: [ClosedRange<Int>], kind: CircuitSignal.Kind) {
        for status in ranges.joined() {
            #expect(CircuitSignal(AttemptClass(status: status)).kind == kind, "\(status)")
        }
    }

    @Test(
        arguments: [
            ([.connectRefused, .connectTimeout, .connectFailed], .failure(.hard), false),
            ([.nameNotFound, .tls], .failure(.lasting), false),
            ([.resolverFailed], .failure(.unresolved), false),
            ([.timeout, .reset, .malformed], .failure(.broken), true),
            ([.lost, .expired, .cancelled, .returned, .unsendable], .ignored, false),
        ] as [([AttemptClass], CircuitSignal.Kind, Bool)])
    func localFailures(classes: [AttemptClass], kind: CircuitSignal.Kind, isSlow: Bool) {
        for attempt in classes {
            #expect(CircuitSignal(attempt) == CircuitSignal(kind, isSlow: isSlow))
        }
    }

    @Test(arguments: [(AttemptClass.delivered, true), (.unavailable, true), (.throttled, false), (.cancelled, false)])
    func answersAreSlowBeyondTheThreshold(attempt: AttemptClass, canBeSlow: Bool) {
        let slowAfter = CircuitPolicy().slowAfter
        #expect(slowAfter == .seconds(24))
        #expect(!CircuitSignal(attempt, latency: slowAfter, slowAfter: slowAfter).isSlow)
        #expect(CircuitSignal(attempt, latency: .seconds(25), slowAfter: slowAfter).isSlow == canBeSlow)
    }

    @Test func retryAfterMattersToPushbackAndFailures() {
        let asked = [AttemptClass.throttled, .unavailable, .delivered, .rejected].map {
            CircuitSignal($0, retryAfter: .seconds(3)).retryAfter
        }
        #expect(asked == [.seconds(3), .seconds(3), nil, nil])
    }

    @Test func counts() {
        var counts = CircuitCounts()
        for (signal, isRepeated) in [
            (CircuitSignal(.ok, isSlow: true), false), (.init(.failure(.hard)), false),
            (.init(.failure(.lasting)), false),
            (.init(.failure(.serverError)), false), (.init(.failure(.serverError)), true),
            (.init(.failure(.unresolved)), false), (.init(.pushback), false), (.init(.ignored, isSlow: true), false),
        ] {
            counts.add(signal, rtt: .seconds(1), isRepeated: isRepeated)
        }
        #expect((counts.ok, counts.fail, counts.lasting, counts.slow, counts.pushback) == (1, 2, 1, 1, 1))
        #expect((counts.serverErrors, counts.distinct, counts.unresolved) == (2, 1, 1))
        #expect(counts.rttSum == .seconds(7))
        var policy = CircuitPolicy()
        #expect(counts.failures(policy, resolverCounts: false) == 3)
        #expect(counts.failures(policy, resolverCounts: true) == 4)
        policy.distinct500 = false
        #expect(counts.failures(policy, resolverCounts: false) == 4)
        #expect((counts + counts).rttSum == .seconds(14))
    }
}

import Postgres
import Testing

@testable import Circuits

struct HealthCheckPureTests {
    private static let start = Timestamp(microseconds: 0)

    struct Case: Sendable {
        let name: String
        /// `+` success, `-` failure, `!` a status that decides at once, `.` did not run.
        let results: String
        let health: HealthCheck.Health
        let changes: Int
        let pause: Double
    }

    @Test(arguments: [
        Case(name: "one success is enough", results: "+", health: .up, changes: 1, pause: 30),
        Case(name: "unknown stays so", results: "--", health: .unknown, changes: 0, pause: 2),
        Case(name: "falls", results: "---", health: .down, changes: 1, pause: 10),
        Case(name: "going down", results: "+--", health: .up, changes: 1, pause: 2),
        Case(name: "a success breaks the run", results: "+--+--", health: .up, changes: 1, pause: 2),
        Case(name: "down", results: "+---", health: .down, changes: 2, pause: 10),
        Case(name: "down at once", results: "+!", health: .down, changes: 2, pause: 10),
        Case(name: "backs off", results: "----", health: .down, changes: 1, pause: 15),
        Case(name: "backs off to the end", results: "---------------", health: .down, changes: 1, pause: 60),
        Case(name: "going up", results: "---+", health: .down, changes: 1, pause: 2),
        Case(name: "a failure breaks the rise", results: "---+-+", health: .down, changes: 1, pause: 2),
        Case(name: "rises", results: "---++", health: .up, changes: 2, pause: 30),
        Case(name: "no verdict", results: "+--.....", health: .up, changes: 1, pause: 2),
        Case(name: "no verdict yet", results: "..", health: .unknown, changes: 0, pause: 30),
    ])
    func runs(_ row: Case) {
        var settings = HealthCheckSettings()
        settings.decisive = [503]
        var check = HealthCheck(at: Self.start, settings: settings, jitter: 0)
        var changes = 0
        for mark in row.results {
            let result: HealthCheck.Result? =
                ["+": .success, "-": .failure(status: 500), "!": .failure(status: 503), ".": .notRun][mark]
            guard let result else { continue }
            let change = check.handle(result, at: Self.start, lastTraffic: Self.start, settings: settings, jitter: 0.5)
            if let change {
                changes += 1
                #expect(change == check.health)
            }
        }
        #expect(check.health == row.health, "\(row.name)")
        #expect(changes == row.changes, "\(row.name)")
        #expect(check.nextAt - Self.start == .seconds(row.pause), "\(row.name)")
    }

    @Test(arguments: [(0, 0.0), (0.5, 15.0), (0.9, 27.0)])
    func theFirstChecksAreSpread(jitter: Double, seconds: Double) {
        let check = HealthCheck(at: Self.start, settings: .init(), jitter: jitter)
        #expect(check.nextAt == Self.start + .seconds(seconds))
    }

    @Test func withoutTrafficChecksAreRare() {
        var check = HealthCheck(at: Self.start, settings: .init(), jitter: 0)
        for (lastTraffic, pause) in [(nil, 300), (Self.start, 300), (Self.start + .seconds(1), 30)] {
            let now = Self.start + .seconds(3600)
            _ = check.handle(.success, at: now, lastTraffic: lastTraffic, settings: .init(), jitter: 0.5)
            #expect(check.nextAt == now + .seconds(pause))
        }
    }

    /// Seconds since the last real success.
    @Test(
        arguments: [("+", 29.0, true), ("+", 30, false), ("+", nil, false), ("+-", 1, false), ("", 1, false)]
            as [(String, Double?, Bool)])
    func aRecentSuccessSparesTheCheck(results: String, age: Double?, isSpared: Bool) {
        var check = HealthCheck(at: Self.start, settings: .init(), jitter: 0)
        for mark in results {
            let result = mark == "+" ? HealthCheck.Result.success : .failure(status: nil)
            _ = check.handle(result, at: Self.start, lastTraffic: Self.start, settings: .init(), jitter: 0.5)
        }
        let now = Self.start + .seconds(100)
        let lastSuccess = age.map { now + .seconds(-$0) }
        let hasSkipped = check.skip(at: now, lastSuccess: lastSuccess, settings: .init(), jitter: 0)
        #expect(hasSkipped == isSpared)
        if isSpared { #expect(lastSuccess.map { check.nextAt - $0 } == .seconds(30)) }
    }

    @Test func pausesAreJitteredByAFifth() {
        for (jitter, seconds) in [(0, 24.0), (0.5, 30), (1, 36)] {
            var check = HealthCheck(at: Self.start, settings: .init(), jitter: 0)
            _ = check.handle(.success, at: Self.start, lastTraffic: Self.start, settings: .init(), jitter: jitter)
            #expect(check.nextAt == Self.start + .seconds(seconds))
        }
    }

    @Test func settingsAreValidated() throws {
        let error = #expect(throws: PolicyError.self) {
            try HealthCheckSettings().applying(.init(["down_max_s": .number(9)]))
        }
        #expect(error.map { "\($0)" } == "down_max_s is 9; allowed: at least down_s, which is 10")
        #expect(try HealthCheckSettings().applying(.init(["rise": .number(4)])).rise == 4)
    }
}

import Foundation
import JSON
import Postgres
import TestSupport
import Testing

@testable import Tenants

/// The verdict on random traffic: 200 units, of which 10 % have the treatment, with lognormal loads and a failure rate of
/// 1 %. `SLUICE_ROLLOUT_RUNS` is how often, 40 if not given.
struct RolloutSimulationTests {
    private static let runs = ProcessInfo.processInfo.environment["SLUICE_ROLLOUT_RUNS"].flatMap { Int($0) } ?? 40

    /// - Parameters:
    ///   - dead: units of the treatment that always fail.
    ///   - checks: after which it ends.
    /// - Returns: the number of the check that saw a regression.
    private func regression(
        _ site: RolloutSite, _ rollout: Rollout, failing rate: Double, dead: Int = 0, checks: Int,
        _ random: inout SeededGenerator
    ) async throws -> Int? {
        try await site.execute("DELETE FROM sluice.rollout_outcome")
        var (units, left) = ([(isTreatment: Bool, load: Double, rate: Double)](), dead)
        for _ in 0..<200 {
            let isTreatment = Double.random(in: 0..<1, using: &random) < 0.1
            let isDead = isTreatment && left > 0
            if isDead { left -= 1 }
            units.append((isTreatment, 5 * exp(normal(&random)), isDead ? 1 : isTreatment ? rate : 0.01))
        }
        for check in 1...checks {
            var outcomes: [RolloutStore.Outcomes] = []
            for (number, unit) in units.enumerated() {
                let count = Int32(unit.load + Double.random(in: 0..<1, using: &random))
                guard count > 0 else { continue }
                var bad: Int32 = 0
                for _ in 0..<count where Double.random(in: 0..<1, using: &random) < unit.rate { bad += 1 }
                outcomes.append(
                    RolloutStore.Outcomes(
                        shard: site.environment.shard, tenant: site.environment.tenant, rollout: rollout.id, step: 0,
                        isTreatment: unit.isTreatment, unit: "\(number)", count: count, bad: bad))
            }
            try await site.outcomes.note(outcomes)
            let outcome = try await site.text(
                "SELECT sluice.rollout_verdict(r) ->> 'outcome' FROM sluice.rollout r WHERE r.status = 'running'")
            if outcome == "regression" { return check }
        }
        return nil
    }

    private func normal(_ random: inout SeededGenerator) -> Double {
        let (a, b) = (Double.random(in: 0..<1, using: &random), Double.random(in: 0..<1, using: &random))
        return (-2 * log(1 - a)).squareRoot() * cos(2 * .pi * b)
    }

    @Test(.timeLimit(.minutes(10))) func everyTreatmentThatFailsIsFoundSoon() async throws {
        try await withRollouts { site in
            let rollout = try await site.start()
            var random = SeededGenerator(seed: 1)
            var found: [Int] = []
            for _ in 0..<Self.runs {
                let check = try await regression(site, rollout, failing: 0.2, checks: 60, &random)
                found.append(try #require(check))
            }
            #expect(found.sorted()[found.count / 2] <= 3, "\(found)")
        }
    }

    /// - Parameter dead: units of the treatment that always fail.
    @Test(.timeLimit(.minutes(10)), arguments: [0, 1])
    func neitherChanceNorOneDeadUnitIsARegression(_ dead: Int) async throws {
        try await withRollouts { site in
            let rollout = try await site.start()
            var random = SeededGenerator(seed: 2)
            for run in 0..<Self.runs {
                let check = try await regression(site, rollout, failing: 0.01, dead: dead, checks: 20, &random)
                #expect(check == nil, "run \(run)")
            }
        }
    }
}

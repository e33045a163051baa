import TestSupport
import Testing

@testable import Postgres

extension Pure {
    @Suite struct PipelinePropertyTests {
        private typealias NumberPipeline = Pipeline<Int, Int>

        /// The server's side of a pipeline: what it answers to each group, and what each unit must be told.
        private struct Server {
            var answers: [NumberPipeline.Event] = []
            var expected: [Int: String] = [:]

            mutating func take(_ group: [(unit: Int, statements: Int)], using generator: inout SeededGenerator) {
                var hasFailed = false
                for (unit, statements) in group {
                    var outputs: [Int] = []
                    expected[unit] = hasFailed ? "skipped" : nil
                    for _ in 0..<statements {
                        if hasFailed {
                            answers.append(.skipped)
                        } else if Int.random(in: 0..<6, using: &generator) == 0 {
                            hasFailed = true
                            answers.append(.failure(PostgresError(.server, "", sqlState: "\(unit)")))
                            expected[unit] = "server:\(unit)"
                        } else {
                            let output = Int.random(in: 0..<1_000, using: &generator)
                            answers.append(.output(output))
                            outputs.append(output)
                        }
                    }
                    expected[unit] = expected[unit] ?? "\(outputs)"
                }
                answers.append(.sync)
            }
        }

        @Test(arguments: UInt64(0)..<40) func everyUnitGetsItsVerdictOrIsAbandoned(seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            var pipeline = NumberPipeline()
            var server = Server()
            var sent: [Int] = []
            var told: [Int] = []
            var mistakes = 0
            for _ in 0..<500 {
                if Bool.random(using: &generator) {
                    let units = (0..<Int.random(in: 1...4, using: &generator)).map {
                        (unit: sent.count + $0, statements: Int.random(in: 1...3, using: &generator))
                    }
                    sent += units.map(\.unit)
                    pipeline.sent(units)
                    server.take(units, using: &generator)
                } else if !server.answers.isEmpty {
                    for (unit, verdict) in pipeline.received(server.answers.removeFirst()) ?? [] {
                        told.append(unit)
                        if verdict.text != server.expected[unit] { mistakes += 1 }
                    }
                }
                if Int.random(in: 0..<100, using: &generator) == 0 {
                    told += pipeline.abandon().map(\.unit)
                    server.answers = []
                }
                if pipeline.count != sent.count - told.count { mistakes += 1 }
            }
            #expect(mistakes == 0)
            told += pipeline.abandon().map(\.unit)
            #expect(told == sent)
        }

        /// Whatever arrives, in whatever order, no unit is lost or told twice.
        @Test(arguments: UInt64(0)..<40) func nonsenseLosesNoUnit(seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            var pipeline = NumberPipeline()
            var sent: [Int] = []
            var told: [Int] = []
            for _ in 0..<500 {
                switch Int.random(in: 0..<6, using: &generator) {
                case 0:
                    let unit = sent.count
                    sent.append(unit)
                    pipeline.sent([(unit, Int.random(in: 0...2, using: &generator))])
                case 1: _ = pipeline.received(.output(0))
                case 2: _ = pipeline.received(.failure(PostgresError(.server, "")))
                case 3: _ = pipeline.received(.skipped)
                case 4: told += (pipeline.received(.sync) ?? []).map(\.unit)
                default: if Int.random(in: 0..<20, using: &generator) == 0 { told += pipeline.abandon().map(\.unit) }
                }
            }
            told += pipeline.abandon().map(\.unit)
            #expect(told == sent)
        }
    }
}

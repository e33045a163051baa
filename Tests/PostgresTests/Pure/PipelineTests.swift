import Testing

@testable import Postgres

private typealias StringPipeline = Pipeline<String, Int>

private let failure = PostgresError(.server, "no", sqlState: "22012")

extension Pipeline.Verdict where Output == Int {
    var text: String {
        switch self {
        case .succeeded(let outputs): "\(outputs)"
        case .failed(let error): error.shortDescription
        case .skipped: "skipped"
        }
    }
}

extension Pure {
    @Suite struct PipelineTests {
        private func texts(_ verdicts: [(unit: String, verdict: StringPipeline.Verdict)]?) -> [String]? {
            verdicts?.map { "\($0.unit) \($0.verdict.text)" }
        }

        @Test func aGroupIsJudgedAtItsSync() {
            var pipeline = StringPipeline()
            pipeline.sent([("a", 1), ("b", 2)])
            #expect(pipeline.count == 2)
            for output in 1...3 { #expect(pipeline.received(.output(output)) == nil) }
            #expect(texts(pipeline.received(.sync)) == ["a [1]", "b [2, 3]"])
            #expect(pipeline.isEmpty)
        }

        @Test func groupsAreAnsweredInTheirOrder() {
            var pipeline = StringPipeline()
            pipeline.sent([("a", 1)])
            pipeline.sent([("b", 1)])
            #expect(pipeline.received(.output(1)) == nil)
            #expect(texts(pipeline.received(.sync)) == ["a [1]"])
            #expect(pipeline.count == 1)
            #expect(pipeline.received(.output(2)) == nil)
            #expect(texts(pipeline.received(.sync)) == ["b [2]"])
        }

        @Test func aFailureSkipsOnlyWhatFollowsInItsGroup() {
            var pipeline = StringPipeline()
            pipeline.sent([("a", 1), ("b", 1), ("c", 2)])
            pipeline.sent([("d", 1)])
            let events: [StringPipeline.Event] = [.output(1), .failure(failure), .skipped, .skipped]
            for event in events { _ = pipeline.received(event) }
            #expect(texts(pipeline.received(.sync)) == ["a [1]", "b server:22012", "c skipped"])
            _ = pipeline.received(.output(4))
            #expect(texts(pipeline.received(.sync)) == ["d [4]"])
        }

        @Test func aFailureInsideAUnitIsTheUnits() {
            var pipeline = StringPipeline()
            pipeline.sent([("a", 3)])
            let events: [StringPipeline.Event] = [.output(1), .failure(failure), .skipped]
            for event in events { _ = pipeline.received(event) }
            #expect(texts(pipeline.received(.sync)) == ["a server:22012"])
        }

        @Test func aUnitThatTheSyncCutsShortIsSkipped() {
            var pipeline = StringPipeline()
            pipeline.sent([("a", 2)])
            _ = pipeline.received(.output(1))
            #expect(texts(pipeline.received(.sync)) == ["a skipped"])
        }

        @Test func aUnitOfNoStatementsSucceeds() {
            var pipeline = StringPipeline()
            pipeline.sent([("a", 0)])
            #expect(texts(pipeline.received(.sync)) == ["a []"])
        }

        @Test func resultsThatNobodyWaitsForAreDropped() {
            var pipeline = StringPipeline()
            for event in [StringPipeline.Event.output(1), .failure(failure), .skipped, .sync] {
                #expect(pipeline.received(event) == nil)
            }
            pipeline.sent([("a", 1)])
            for output in [2, 3] { #expect(pipeline.received(.output(output)) == nil) }
            #expect(texts(pipeline.received(.sync)) == ["a [2]"])
        }

        @Test func abandoningYieldsWhatIsUnderWayAndItsErrors() {
            var pipeline = StringPipeline()
            pipeline.sent([("done", 1)])
            pipeline.sent([("a", 1), ("b", 1)])
            pipeline.sent([("c", 1)])
            _ = pipeline.received(.output(1))
            _ = pipeline.received(.sync)
            _ = pipeline.received(.failure(failure))
            let abandoned = pipeline.abandon()
            #expect(abandoned.map(\.unit) == ["a", "b", "c"])
            #expect(abandoned.map { $0.error?.sqlState } == ["22012", nil, nil])
            #expect(pipeline.isEmpty && pipeline.count == 0)
            #expect(pipeline.abandon().isEmpty)
        }
    }
}

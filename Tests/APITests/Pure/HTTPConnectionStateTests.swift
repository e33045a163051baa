import Testing

@testable import API

@Suite struct HTTPConnectionStateTests {
    @Test func goesThroughItsPhases() {
        let state = Machine()
        #expect(state.now.phase == .idle)
        state.do { $0.fragmentRead() }
        #expect(state.now.phase == .head)
        state.do { $0.headRead(isLast: false) }
        #expect(state.now.phase == .body && !state.now.mustWait)
        state.do { $0.bodyEnded() }
        #expect(state.now.phase == .answering && state.now.mustWait)
        state.do { $0.fragmentRead() }
        #expect(state.do { $0.answerBegins(closes: false) } == false)
        #expect(!state.now.mayAnswer)
        #expect(state.do { $0.answerEnded() } == false)
        #expect(state.now.phase == .idle && state.now.mayAnswer && !state.now.mustWait)
    }

    @Test func closesAfterAnEarlyAnswer() {
        let state = Machine()
        state.do { $0.headRead(isLast: false) }
        #expect(state.do { $0.answerBegins(closes: false) })
        #expect(state.do { $0.answerEnded() })
    }

    @Test(arguments: [(true, false), (false, true)])
    func closesWhereEitherSideWants(_ isLast: Bool, _ closes: Bool) {
        let state = Machine()
        state.do { $0.headRead(isLast: isLast) }
        state.do { $0.bodyEnded() }
        #expect(state.do { $0.answerBegins(closes: closes) })
        #expect(state.do { $0.answerEnded() })
        state.do { $0.linger() }
        #expect(state.now.phase == .lingering && !state.now.mayAnswer)
    }

    @Test func aFailureIsAnsweredWhenNoAnswerHasBegun() {
        let state = Machine()
        #expect(state.now.mayAnswer)
        state.do { $0.headRead(isLast: false) }
        #expect(state.now.mayAnswer)
        _ = state.do { $0.answerBegins(closes: true) }
        #expect(!state.now.mayAnswer)
    }
}

/// The state behind a reference, because #expect calls no mutating methods.
private final class Machine {
    private(set) var now = HTTPConnectionState()

    @discardableResult
    func `do`<T>(_ step: (inout HTTPConnectionState) -> T) -> T { step(&now) }
}

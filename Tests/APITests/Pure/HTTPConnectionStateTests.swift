import Testing

@testable import API

@Suite struct HTTPConnectionStateTests {
    @Test func goesThroughItsPhases() {
        let state = Machine()
        #expect(state.phase == .idle)
        state.fragmentRead()
        #expect(state.phase == .head)
        state.headRead()
        #expect(state.phase == .body)
        state.fragmentRead()
        state.bodyEnded()
        #expect(state.phase == .answering)
        #expect(!state.answerBegins())
        #expect(state.answerEnded().isGoOn)
        #expect(state.phase == .idle)
    }

    @Test func closesAfterAnEarlyAnswer() {
        let state = Machine()
        state.headRead()
        #expect(state.answerBegins())
        #expect(state.answerEnded().isLinger)
    }

    @Test func anEarlierAnswerDoesNotCloseWhileTheNextRequestIsRead() {
        let state = Machine()
        state.headRead()
        state.bodyEnded()
        state.headRead()
        #expect(!state.answerBegins())
        #expect(state.answerEnded().isGoOn)
        #expect(state.phase == .body)
    }

    @Test func closesAfterAnotherProtocolIsAskedFor() {
        let state = Machine()
        state.headRead(isLast: true)
        state.bodyEnded()
        #expect(state.answerBegins())
    }

    @Test func answersAFailureAtOnceWhenNothingElseIsOwed() {
        let state = Machine()
        #expect(state.fail() != nil)
        #expect(state.isDeaf && !state.isMute && !state.breaksBody)

        let broken = Machine()
        broken.headRead()
        #expect(broken.fail() != nil)
        #expect(broken.breaksBody)
    }

    @Test func answersAFailureAfterWhatIsOwed() {
        let state = Machine()
        state.headRead()
        state.bodyEnded()
        state.headRead()
        #expect(state.fail() == nil)
        #expect(!state.answerBegins())
        #expect(state.answerEnded().isAnswer)
    }

    @Test func saysNothingIntoAnAnswerThatHasBegun() {
        let state = Machine()
        state.headRead()
        #expect(state.answerBegins())
        #expect(state.fail() == nil)
        #expect(state.answerEnded().isLinger)
        state.linger()
        #expect(state.isMute && state.phase == .lingering)
    }
}

extension HTTPConnectionState.AfterAnswer {
    fileprivate var isGoOn: Bool { if case .goOn = self { true } else { false } }
    fileprivate var isLinger: Bool { if case .linger = self { true } else { false } }
    fileprivate var isAnswer: Bool { if case .answer = self { true } else { false } }
}

/// The state behind a reference, because #expect calls no mutating methods.
private final class Machine {
    private var state = HTTPConnectionState()

    var phase: HTTPConnectionState.Phase { state.phase }
    var isDeaf: Bool { state.isDeaf }
    var isMute: Bool { state.isMute }
    var breaksBody: Bool { state.breaksBody }

    func headRead(isLast: Bool = false) { state.headRead(isLast: isLast) }
    func bodyEnded() { state.bodyEnded() }
    func fragmentRead() { state.fragmentRead() }
    func answerBegins() -> Bool { state.answerBegins(closes: false) }
    func answerEnded() -> HTTPConnectionState.AfterAnswer { state.answerEnded() }
    func fail() -> Problem? { state.fail(Problem(.invalidRequest, "x")) }
    func linger() { state.linger() }
}

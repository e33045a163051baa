import Testing

@testable import API

@Suite struct PatchingTests {
    @Test(arguments: 1...5) func triesAgain(_ successful: Int) async throws {
        var attempts = 0
        let item = try await patching("route") {
            attempts += 1
            return attempts == successful ? attempts : nil
        }
        #expect(item == successful && attempts == successful)
    }

    @Test func givesUpAfterFive() async {
        var attempts = 0
        let error = await #expect(throws: Problem.self) {
            try await patching("route") { () -> Int? in
                attempts += 1
                return nil
            }
        }
        #expect(error?.kind == .preconditionFailed && attempts == 5)
    }
}

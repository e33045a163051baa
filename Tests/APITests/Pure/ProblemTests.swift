import Foundation
import HTTPTypes
import Model
import NIOCore
import Postgres
import TestSupport
import Testing

@testable import API

@Suite struct ProblemTests {
    @Test(arguments: [
        (PostgresError(.overloaded, ""), ProblemKind.overloaded, true),
        (PostgresError(.unavailable, ""), .storageUnavailable, true),
        (PostgresError(.connectFailed, ""), .storageUnavailable, true),
        (PostgresError(.closed, ""), .storageUnavailable, true),
        (PostgresError(.connectionLost, ""), .outcomeUnknown, true),
        (PostgresError(.server, "", sqlState: "57P03"), .storageUnavailable, true),
        (PostgresError(.server, "secret", sqlState: "42P01"), .internal, false),
        (PostgresError(.mismatch, "secret"), .internal, false),
    ])
    func ofStorage(_ error: PostgresError, _ kind: ProblemKind, _ asksToRetry: Bool) {
        let id = RequestID.new()
        let problem = Problem(error, storing: id, logger: quiet)
        #expect(problem.kind == kind)
        #expect((problem.fields[.retryAfter] != nil) == asksToRetry)
        #expect((problem.request == id) == (kind == .outcomeUnknown))
        #expect((problem.reference != nil) == (kind == .internal))
        #expect(!String(buffer: problem.answer.body).contains("secret"))
    }

    @Test func readsThatWereLostHaveNoUnknownOutcome() {
        #expect(Problem(PostgresError(.connectionLost, ""), logger: quiet).kind == .storageUnavailable)
    }

    @Test(arguments: ProblemKind.allCases) func isJSON(_ kind: ProblemKind) throws {
        let detail = "\"quoted\\\"\n\u{1}\u{1f} ü"
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(String(buffer: Problem(kind, detail).answer.body).utf8))
                as? [String: Any])
        #expect(object["type"] as? String == "/problems/\(kind.rawValue)")
        #expect(object["status"] as? Int == kind.status.code)
        #expect(object["title"] as? String == kind.title)
        #expect(object["detail"] as? String == detail)
    }
}

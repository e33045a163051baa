import TestSupport
import Testing

@testable import API

@Suite struct IdempotencyTests {
    @Test func repeatsTheFirstAnswer() async throws {
        try await withGateway { gateway in
            let first = try await gateway.send(["Idempotency-Key: \"k\"", "A: 1"], [1])
            let again = try await gateway.send(["Idempotency-Key: k", "A: 2"], [1])
            #expect(first.status == 202 && first["idempotency-replayed"] == nil)
            #expect(again.status == 202 && again["idempotency-replayed"] == "true")
            #expect(again.id == first.id && again["location"] == first["location"])
            #expect(try await gateway.count() == 1)
        }
    }

    @Test func refusesAnotherPayload() async throws {
        try await withGateway { gateway in
            _ = try await gateway.send(["Idempotency-Key: \"k\""], [1])
            let answer = try await gateway.send(["Idempotency-Key: \"k\""], [2])
            #expect(answer.status == 422 && answer.problem == "idempotency-key-reused")
            #expect(try await gateway.send("PUT", "/in/hook", ["Idempotency-Key: \"k\""], body: [1]).status == 422)
            #expect(try await gateway.send(["Idempotency-Key: \"\""], [1]).problem == "invalid-request")
            #expect(try await gateway.count() == 1)
        }
    }

    @Test func keepsTenantsApart() async throws {
        try await withGateway { gateway in
            let one = try await gateway.send(["Idempotency-Key: \"k\""], [1])
            let other = try await gateway.send(
                "POST", "/in/hook", key: gateway.otherKey, ["Idempotency-Key: \"k\""], body: [2])
            #expect(other.status == 202 && other.id != one.id && other["idempotency-replayed"] == nil)
        }
    }

    @Test func storesOneOfManyAtTheSameTime() async throws {
        try await withGateway { gateway in
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<32 { group.addTask { try await gateway.send(["Idempotency-Key: \"k\""], [1]) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 202 })
            #expect(Set(answers.map(\.id)).count == 1)
            #expect(answers.count { $0["idempotency-replayed"] == nil } == 1)
            #expect(try await gateway.count() == 1)
        }
    }
}

extension Gateway {
    fileprivate func send(_ headers: [String], _ body: [UInt8]) async throws -> Answer {
        try await send("POST", "/in/hook", headers, body: body)
    }
}

import TestSupport
import Testing

@testable import API

@Suite struct LimitTests {
    private let limit = 1 << 20

    @Test func refusesALengthBeforeItIsRead() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            try await connection.send(gateway.head([gateway.authorized, "Content-Length: \(limit + 1)"]))
            let answer = try await connection.answer()
            #expect(answer.status == 413 && answer.problem == "payload-too-large" && answer["connection"] == "close")
            // What is still on its way does not turn the answer into a reset.
            try await connection.send([UInt8](repeating: 0, count: limit + 1))
            #expect(try await connection.isEnded())
        }
    }

    @Test func refusesChunksBeyondTheLimit() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            try await connection.send(gateway.head([gateway.authorized, "Transfer-Encoding: chunked"]))
            try await connection.send("100001\r\n")
            try await connection.send([UInt8](repeating: 0, count: limit + 1))
            let answer = try await connection.answer()
            #expect(answer.status == 413 && answer.problem == "payload-too-large")
            #expect(try await connection.isEnded())
            #expect(try await gateway.count() == 0)
        }
    }

    @Test func takesChunksUpToTheLimit() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            try await connection.send(gateway.head([gateway.authorized, "Transfer-Encoding: chunked"]))
            try await connection.send("100000\r\n")
            try await connection.send([UInt8](repeating: 7, count: limit))
            try await connection.send("\r\n0\r\n\r\n")
            let answer = try await connection.answer()
            #expect(try await gateway.stored(answer.id)?.body.count == limit)
        }
    }

    @Test func boundsBodiesTogether() async throws {
        try await withGateway(.with { $0.bodiesLimit = 1_000 }) { gateway in
            #expect(try await gateway.send(body: [UInt8](repeating: 1, count: 1_001)).problem == "overloaded")
            try await eventually {
                let slow = try await gateway.connect()
                try await slow.send(gateway.head([gateway.authorized, "Content-Length: 1000"]))
                try await slow.send([UInt8](repeating: 1, count: 800))
                // Which of the two comes first is open; the second is refused, or both are.
                let other = try await gateway.send(body: [UInt8](repeating: 2, count: 300))
                guard other.status == 503 else { return false }
                #expect(other.problem == "overloaded" && other["retry-after"] == "1")
                try? await slow.send([UInt8](repeating: 1, count: 200))
                return (try? await slow.answer().status) == 202
            }
            #expect(try await gateway.send(body: [UInt8](repeating: 2, count: 1_000)).status == 202)
        }
    }

    @Test func invitesABodyThatWaits() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            try await connection.send(gateway.head([gateway.authorized, "Content-Length: 3", "Expect: 100-continue"]))
            #expect(try await connection.answer().status == 100)
            try await connection.send("abc")
            let answer = try await connection.answer()
            #expect(
                try await gateway.stored(answer.id)
                    == .init(method: "POST", path: "", headers: "", body: Array("abc".utf8)))

            let refused = try await gateway.connect()
            try await refused.send(gateway.head(["Content-Length: 3", "Expect: 100-continue"]))
            #expect(try await refused.answer().status == 401)
        }
    }

    @Test func boundsHeads() async throws {
        try await withGateway { gateway in
            let long = String(repeating: "a", count: 20_000)
            let many = (0..<200).map { "H\($0): 1" }
            let flood = (0..<100).map { "H\($0): " + long.prefix(1_000) }
            for headers in [["Long: " + long], many, flood] {
                let connection = try await gateway.connect()
                try await connection.send(gateway.head([gateway.authorized] + headers))
                let answer = try await connection.answer()
                #expect(answer.status == 431 && answer.problem == "head-too-large" && answer["connection"] == "close")
                #expect(try await connection.isEnded())
            }
            #expect(try await gateway.send("POST", "/in/hook/" + long).status == 431)
            #expect(try await gateway.send().status == 202)
        }
    }
}

import Postgres
import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct CaptureTests {
    @Test func keepsBodiesByteForByte() async throws {
        try await withGateway { gateway in
            let bodies: [[UInt8]] = [[], Array(0...255), [UInt8](repeating: 0x5a, count: 1 << 20)]
            for body in bodies {
                let answer = try await gateway.send(body: body)
                #expect(answer.status == 202)
                #expect(answer["content-type"] == "application/json" && answer["date"] != nil)
                #expect(answer["location"] == "/v1/requests/\(answer.id)")
                #expect(try await gateway.stored(answer.id)?.body == body)
            }
        }
    }

    @Test func keepsChunkedBodies() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            try await connection.send(gateway.head([gateway.authorized, "Transfer-Encoding: chunked"]))
            try await connection.send("3\r\nabc\r\n")
            try await connection.send(
                Array("100\r\n".utf8) + Array(0...255) + Array("\r\n0\r\nTrailer: x\r\n\r\n".utf8))
            let stored = try await gateway.stored(try await connection.answer().id)
            #expect(stored?.body == Array("abc".utf8) + Array(0...255))
            #expect(stored?.headers == "")
        }
    }

    @Test func keepsMethodTargetAndHeaders() async throws {
        try await withGateway { gateway in
            let answer = try await gateway.send(
                "PROPFIND", "/in/hook/a%2Fb//../%E2%82%AC?x=%20&y&y=+;z",
                [
                    "X-First: 1", "Authorization: Basic eDp5", "x-first: 2", "Connection: X-Hop", "X-Hop: 1",
                    "Sluice-Note: n", "Content-Type: text/plain", "Idempotency-Key: \"k\"",
                ], body: [1])
            let stored = try #require(try await gateway.stored(answer.id))
            #expect(stored.method == "PROPFIND" && stored.path == "/a%2Fb//../%E2%82%AC")
            #expect(stored.query == "x=%20&y&y=+;z")
            #expect(
                stored.headers
                    == "X-First: 1\nAuthorization: Basic eDp5\nx-first: 2\nContent-Type: text/plain\nIdempotency-Key: \"k\"\n"
            )
        }
    }

    @Test(arguments: ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "MKCOL", "M-SEARCH", "SOURCE"])
    func takesAnyMethod(_ method: String) async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            for _ in 0..<2 {
                try await connection.send(gateway.head(method, "/in/hook/", [gateway.authorized]))
                let answer = try await connection.answer(hasBody: method != "HEAD")
                #expect(answer.status == 202)
                let id = try #require(answer["location"]?.split(separator: "/").last)
                #expect(try await gateway.stored(String(id)) == .init(method: method, path: "/", headers: "", body: []))
            }
        }
    }

    @Test func findsOutWhoCalls() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            func answer(_ headers: String...) async throws -> Answer {
                try await connection.send(gateway.head("POST", "/in/hook", headers + ["Content-Length: 0"]))
                return try await connection.answer()
            }
            let bearer = try await answer("Authorization: Bearer \(gateway.key.text)", "A: 1")
            #expect(bearer.status == 202)
            #expect(try await gateway.stored(bearer.id)?.headers == "A: 1\n")
            for headers in [
                [], ["Authorization: Bearer sluice_x"], ["Sluice-Key: x"], ["Authorization: Basic eDp5"],
                ["Sluice-Key: x", "Authorization: Bearer \(gateway.key.text)"],
            ] {
                try await connection.send(gateway.head("POST", "/in/hook", headers + ["Content-Length: 0"]))
                let refused = try await connection.answer()
                #expect(refused.status == 401 && refused.problem == "unauthorized")
                #expect(refused["www-authenticate"]?.hasPrefix("Bearer realm=") == true)
            }
        }
    }

    @Test func refusesWhatIsNotThere() async throws {
        try await withGateway { gateway in
            for target in ["/in/nothing", "/in/", "/in//hook", "/in/Hook", "/in/hook%00", "/in/h%6fok"] {
                let answer = try await gateway.send("POST", target)
                #expect(answer.status == 404 && answer.problem == "unknown-destination")
            }
            #expect(try await gateway.send("POST", "/in/hook#a").problem == "invalid-request")
            #expect(try await gateway.send("POST", "/in").problem == "not-found")
            #expect(try await gateway.count() == 0)
        }
    }

    @Test func anOrderingKeyIsOf1To255Bytes() async throws {
        try await withGateway { gateway in
            for (key, isTaken) in [
                ("k", true), ("\"a key\"", true), ("schlüssel", true), (String(repeating: "k", count: 255), true),
                (String(repeating: "k", count: 256), false), ("", false),
            ] {
                let answer = try await gateway.send(headers: ["Sluice-Ordering-Key: \(key)"])
                #expect(answer.problem == (isTaken ? "" : "invalid-request"), "\(key)")
                guard isTaken else { continue }
                // For the gateway only.
                let record = try await gateway.send("GET", answer["location"] ?? "").json
                #expect(
                    (record["headers"] as? [String: Any])?.keys.contains { $0.lowercased().hasPrefix("sluice") } != true
                )
            }
        }
    }

    @Test func schedules() async throws {
        try await withGateway { gateway in
            let due = (Timestamp.now + .seconds(60)).rfc3339
            let end = (Timestamp.now + .seconds(90)).rfc3339
            let answer = try await gateway.send(headers: ["Sluice-Deliver-At: \(due)", "Sluice-Expires-At: \(end)"])
            let record = try await gateway.send("GET", answer["location"] ?? "").json
            #expect(record["due_at"] as? String == due && record["expires_at"] as? String == end)
            for header in ["Sluice-Deliver-At: tomorrow", "Sluice-Expires-At: 2020-01-01T00:00:00Z"] {
                #expect(try await gateway.send(headers: [header]).problem == "invalid-request")
            }
        }
    }
}

extension Gateway {
    fileprivate func send(headers: [String]) async throws -> Answer { try await send("POST", "/in/hook", headers) }
}

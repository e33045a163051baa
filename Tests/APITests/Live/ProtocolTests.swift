import TestSupport
import Testing

@testable import API

/// What is not HTTP, or not in time, is answered where that is possible; other connections notice nothing.
@Suite struct ProtocolTests {
    @Test(arguments: [
        "garbage\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "POST /in/hook HTTP/3.0\r\n\r\n",
        "FLY /in/hook HTTP/1.1\r\n\r\n",
        "POST /in/hook HTTP/1.1\r\nHost: a\r\nA\u{0}: 1\r\n\r\n",
        "POST /in/hook HTTP/1.1\r\nHost: a\r\nA: \u{0}\r\n\r\n",
        "POST /in/hook HTTP/1.1\r\nHost: a\r\nA: \u{1}\r\n\r\n", "POST /in/hook\u{0} HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /in/hook HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /in/hook HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /in/hook HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /in/hook HTTP/1.1\r\nHost: a\r\n A: folded\r\n\r\n", "GET\r\n\r\n",
    ])
    func answersWhatIsNotHTTP(_ bytes: String) async throws {
        try await withGateway { gateway in
            let other = try await gateway.connect()
            try await other.send(gateway.head([gateway.authorized, "Content-Length: 2"]) + "a")
            let connection = try await gateway.connect()
            try await connection.send(bytes)
            let answer = try await connection.answer()
            #expect(answer.status == 400 && answer.problem == "invalid-request" && answer["connection"] == "close")
            #expect(try await connection.isEnded())
            try await other.send("b")
            #expect(try await other.answer().status == 202)
        }
    }

    @Test func refusesHeadersThatAreNotUTF8() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            let head = gateway.head([gateway.authorized, "Content-Length: 0", "A: ?"])
            try await connection.send(head.utf8.map { $0 == UInt8(ascii: "?") ? 0xe4 : $0 })
            #expect(try await connection.answer().problem == "invalid-request")
            #expect(try await gateway.count() == 0)
        }
    }

    @Test func storesNoPartOfATruncatedBody() async throws {
        try await withGateway { gateway in
            for head in ["Content-Length: 10", "Transfer-Encoding: chunked"] {
                let connection = try await gateway.connect()
                try await connection.send(gateway.head([gateway.authorized, head]))
                try await connection.send(head.contains("chunked") ? "3\r\nabc\r\n" : "abc")
                connection.finish()
                let answer = try await connection.answer()
                #expect(answer.status == 400 && answer.problem == "invalid-request")
                #expect(try await connection.isEnded())
            }
            let broken = try await gateway.connect()
            try await broken.send(
                gateway.head([gateway.authorized, "Transfer-Encoding: chunked"]) + "3\r\nabc\r\nxyz\r\n")
            #expect(try await broken.answer().problem == "invalid-request")
            #expect(try await gateway.send().status == 202)
            #expect(try await gateway.count() == 1)
        }
    }

    @Test func endsWhatIsTooSlow() async throws {
        try await withGateway(
            .with {
                $0.patience.head = .milliseconds(200)
                $0.patience.body = .milliseconds(200)
            }
        ) { gateway in
            let body = try await gateway.connect()
            try await body.send(gateway.head([gateway.authorized, "Content-Length: 10"]) + "abc")
            let head = try await gateway.connect()
            try await head.send("POST /in/hook HTTP/1.1\r\nHost: ")
            for connection in [body, head] {
                let answer = try await connection.answer()
                #expect(answer.status == 408 && answer.problem == "request-timeout" && answer["connection"] == "close")
                #expect(try await connection.isEnded())
            }
            #expect(try await gateway.count() == 0)
        }
    }

    /// A byte now and then does not put the end off.
    @Test func endsWhatTrickles() async throws {
        try await withGateway(.with { $0.patience.body = .milliseconds(300) }) { gateway in
            let connection = try await gateway.connect()
            try await connection.send(gateway.head([gateway.authorized, "Content-Length: 1000"]))
            async let answer = connection.answer()
            for _ in 0..<100 {
                do { try await connection.send("a") } catch { break }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await answer.status == 408)
        }
    }

    @Test func closesIdleConnections() async throws {
        try await withGateway(.with { $0.patience.idle = .seconds(2) }) { gateway in
            let silent = try await gateway.connect()
            let used = try await gateway.connect()
            try await used.send(gateway.head([gateway.authorized, "Content-Length: 0"]))
            #expect(try await used.answer().status == 202)
            #expect(try await silent.isEnded())
            #expect(try await used.isEnded())
        }
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            let requests = (0..<50).map {
                gateway.head("PUT", "/in/hook/\($0)", [gateway.authorized, "Content-Length: 1"]) + "x"
            }
            try await connection.send(requests.joined() + gateway.head("GET", "/nowhere", []) + "garbage\r\n\r\n")
            for index in 0..<50 {
                let answer = try await connection.answer()
                #expect(try await gateway.stored(answer.id)?.path == "/\(index)")
            }
            #expect(try await connection.answer().status == 404)
            #expect(try await connection.answer().status == 400)
            #expect(try await connection.isEnded())
        }
    }

    @Test func answersACallerThatHasFinished() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            let request = gateway.head([gateway.authorized, "Content-Length: 1"]) + "x"
            try await connection.send(request + gateway.head("GET", "/livez", []) + request)
            connection.finish()
            for status in [202, 200, 202] { #expect(try await connection.answer().status == status) }
            #expect(try await connection.isEnded())
        }
    }

    @Test func keepsTheConnectionAfterASmallRefusal() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            for _ in 0..<2 {
                try await connection.send(gateway.head(["Content-Length: 5"]) + "he")
                try await connection.send("llo")
                #expect(try await connection.answer().status == 401)
            }
            try await connection.send(gateway.head([gateway.authorized, "Content-Length: 0"]))
            #expect(try await connection.answer().status == 202)
        }
    }

    @Test func closesAfterAnUpgradeThatIsNotMade() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            try await connection.send(
                gateway.head(
                    "GET", "/in/hook",
                    [gateway.authorized, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: x"]))
            let answer = try await connection.answer()
            #expect(answer.status == 202 && answer["connection"] == "close")
            #expect(try await gateway.stored(answer.id)?.headers == "")
            #expect(try await connection.isEnded())
        }
    }

    @Test func closesWhereTheCallerAsks() async throws {
        try await withGateway { gateway in
            let connection = try await gateway.connect()
            try await connection.send(gateway.head("GET", "/livez", ["Connection: close"]))
            #expect(try await connection.answer().text == "ok\n")
            #expect(try await connection.isEnded())
        }
    }
}

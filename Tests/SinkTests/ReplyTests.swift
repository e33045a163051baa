import Glibc
import Sink
import Synchronization
import Testing

/// The scripted sink over a real socket. The path of a request names the reply.
@Suite(.timeLimit(.minutes(1)))
struct ReplyTests {
    private let get = "GET /x HTTP/1.1\r\nHost: sink\r\n\r\n"

    private func with(
        _ receive: @escaping @Sendable (Received) -> Reply, test: (Sink, RawClient) async throws -> Void
    ) async throws {
        let sink = try await Sink.start(receive: receive)
        do {
            try await test(sink, RawClient(port: sink.port))
        } catch {
            await sink.stop()
            throw error
        }
        await sink.stop()
    }

    private func with(_ reply: Reply, test: (Sink, RawClient) async throws -> Void) async throws {
        try await with({ _ in reply }, test: test)
    }

    @Test func answersAndTellsWhatCame() async throws {
        let seen = Mutex<Received?>(nil)
        let before = ContinuousClock.now
        let reply = Reply(status: 201, headers: [("X-One", "1"), ("X-Two", "2")], body: Array("made".utf8))
        let receive: @Sendable (Received) -> Reply = { received in
            seen.withLock { $0 = received }
            return reply
        }
        try await with(receive) { sink, client in
            let headers = "Host: sink\r\nx-B: 1\r\nX-a: 2\r\nX-B: 3\r\nContent-Length: 4\r\n\r\n"
            try await client.send("PUT /a/b?c=d%20e HTTP/1.1\r\n" + headers + "body")
            let answer = try await client.receive(until: "made")
            #expect(answer == "HTTP/1.1 201 Created\r\nX-One: 1\r\nX-Two: 2\r\nContent-Length: 4\r\n\r\nmade")
            #expect(sink.requests == 1)
            #expect(sink.url == "http://127.0.0.1:\(sink.port)")
        }
        let received = try #require(seen.withLock { $0 })
        #expect(received.method == "PUT")
        #expect(received.uri == "/a/b?c=d%20e")
        #expect(received.headers.map(\.name) == ["Host", "x-B", "X-a", "X-B", "Content-Length"])
        #expect(received.headers.map(\.value) == ["sink", "1", "2", "3", "4"])
        #expect(received.header("X-b") == "1")
        #expect(received.header("absent") == nil)
        #expect(received.body == Array("body".utf8))
        #expect(received.arrival > before && received.arrival < .now)
    }

    @Test func keepsTheOrderOfPipelinedRequests() async throws {
        let receive: @Sendable (Received) -> Reply = { received in
            Reply(
                body: Array(received.uri.utf8), delay: received.uri == "/0" ? .milliseconds(30) : .zero,
                bodyDelay: received.uri == "/1" ? .milliseconds(30) : .zero)
        }
        try await with(receive) { sink, client in
            let requests = (0..<5).map { "GET /\($0) HTTP/1.1\r\nHost: sink\r\n\r\n" }
            try await client.send(requests.joined())
            let answers = (0..<5).map { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n/\($0)" }
            #expect(try await client.receive(bytes: answers.joined().utf8.count) == answers.joined())
            try await client.send("GET /9 HTTP/1.1\r\nHost: sink\r\nConnection: close\r\n\r\n")
            let last = try await client.receive()
            #expect(last == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/9")
        }
    }

    @Test func delaysHeadAndBodyWithoutHoldingOthers() async throws {
        let receive: @Sendable (Received) -> Reply = { received in
            switch received.uri {
            case "/never": Reply(delay: .seconds(3600))
            case "/never-body": Reply(body: [33], bodyDelay: .seconds(3600))
            case "/head": Reply(body: [33], delay: .milliseconds(40))
            default: Reply(body: [33], bodyDelay: .milliseconds(40))
            }
        }
        try await with(receive) { sink, held in
            try await held.send("GET /never HTTP/1.1\r\nHost: sink\r\n\r\n")
            let client = try await RawClient(port: sink.port)

            for uri in ["/head", "/body"] {
                let start = ContinuousClock.now
                try await client.send("GET \(uri) HTTP/1.1\r\nHost: sink\r\n\r\n")
                #expect(try await client.receive(until: "!") == "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!")
                #expect(ContinuousClock.now - start >= .milliseconds(40))
            }
            try await client.send("GET /never-body HTTP/1.1\r\nHost: sink\r\n\r\n")
            #expect(try await client.receive(until: "\r\n\r\n") == "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
        }
    }

    @Test func resets() async throws {
        try await with(.reset) { _, client in
            try await client.send(get)
            await #expect(throws: RawClient.Failure(code: ECONNRESET)) { try await client.receive() }
        }
    }

    @Test(arguments: [
        (Reply.hang, ""),
        (.hangInBody, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\na part"),
    ])
    func hangs(_ reply: Reply, _ part: String) async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let receive: @Sendable (Received) -> Reply = { _ in
            arrived.yield()
            return reply
        }
        try await with(receive) { sink, client in
            try await client.send(get)
            for await _ in arrivals { break }
            #expect(try await client.receive(bytes: part.utf8.count) == part)
            await sink.stop()
            #expect(try await client.receive() == "")
        }
    }

    @Test func sendsAnEndlessBodyOnlyAsFastAsItIsRead() async throws {
        let receive: @Sendable (Received) -> Reply = { $0.uri == "/x" ? .endlessBody : .ok }
        try await with(receive) { sink, client in
            try await client.send(get)
            let head = try await client.receive(until: "\r\n\r\n")
            #expect(head == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            let other = try await RawClient(port: sink.port)
            for _ in 0..<50 {
                try await other.send("GET / HTTP/1.1\r\nHost: sink\r\n\r\n")
                #expect(try await other.receive(until: "ok").hasSuffix("ok"))
            }
            let body = try await client.receive(bytes: 20 << 20)
            #expect(body.utf8.count == 20 << 20)
            #expect(body.utf8.prefix(8).elementsEqual("4000\r\n~~".utf8))
        }
    }

    @Test func sendsGarbage() async throws {
        try await with(.garbage) { _, client in
            try await client.send(get)
            #expect(try await client.receive() == String(decoding: Reply.garbage.body, as: UTF8.self))
        }
    }

    @Test func answersHeadWithoutBody() async throws {
        let receive: @Sendable (Received) -> Reply = { $0.method == "HEAD" ? .ok : .status(204) }
        try await with(receive) { _, client in
            try await client.send("HEAD / HTTP/1.1\r\nHost: sink\r\n\r\n" + get)
            let expected = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
            #expect(try await client.receive(bytes: expected.utf8.count) == expected)
        }
    }

    @Test func refusesABodyThatIsTooLong() async throws {
        try await with(.ok) { sink, client in
            try await client.send("POST / HTTP/1.1\r\nHost: sink\r\nContent-Length: \(65 << 20)\r\n\r\n")
            let block = [UInt8](repeating: 0, count: 1 << 20)
            try? await { for _ in 0..<65 { try await client.send(block) } }()
            let answer = try? await client.receive(until: "\r\n\r\n")
            #expect(answer?.hasPrefix("HTTP/1.1 413 ") ?? true)
            #expect(sink.requests == 0)
        }
    }
}

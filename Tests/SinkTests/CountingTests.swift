import Bench
import Sink
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CountingTests {
    private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    private static let messages: [(head: String, sent: String, body: String)] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", ""),
        ("POST /x HTTP/1.1\r\ncontent-LENGTH:\t5\r\nCookie: b\r\n\r\n", "12345", "12345"),
        ("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "", ""),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "5;name=value\r\n1\r\n34\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", "1\r\n340123456789"
        ),
        ("PUT /y HTTP/1.1\n\n", "", ""),
    ]

    @Test(arguments: [1, 2, 3, 7, 64, 10000])
    func tellsRequestsApartHoweverTheyAreCut(_ size: Int) async throws {
        let seen = Mutex<[[String]]>([])
        let sink = try await Sink.counting { head, body in
            seen.withLock { $0.append([String(decoding: head, as: UTF8.self), String(decoding: body, as: UTF8.self)]) }
        }
        let client = try await RawClient(port: sink.port)
        var rest = Self.messages.flatMap { Array($0.head.utf8) + Array($0.sent.utf8) }[...]
        while !rest.isEmpty {
            try await client.send(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        let expected = String(repeating: Self.answer, count: Self.messages.count)
        #expect(try await client.receive(bytes: expected.utf8.count) == expected)
        #expect(sink.requests == Self.messages.count)
        #expect(seen.withLock { $0 } == Self.messages.map { [$0.head, $0.body] })
        await sink.stop()
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        String(repeating: "x", count: 80000),
    ])
    func closesOnWhatIsNotARequest(_ text: String) async throws {
        let sink = try await Sink.counting()
        let client = try await RawClient(port: sink.port)
        try? await client.send(text)
        #expect((try? await client.receive()) ?? "" == "")
        #expect(sink.requests == 0)
        await sink.stop()
    }

    @Test(arguments: [1, 8])
    func agreesWithTheLoad(_ pipelining: Int) async throws {
        let bodies = Mutex<Set<[UInt8]>>([])
        let sink = try await Sink.counting { _, body in bodies.withLock { _ = $0.insert(body) } }
        var load = Load(
            port: sink.port, extent: .count(2000),
            requests: .each { Load.post("/", body: Array("body \($0)".utf8)) })
        load.connections = 8
        load.pace = .closed(pipelining: pipelining)
        let report = try await load.run()
        #expect(report.requests == 2000)
        #expect(report.latency.count == 2000)
        #expect(report.statuses == [200: 2000])
        #expect(report.errors == LoadReport.Errors())
        #expect(sink.requests == 2000)
        #expect(bodies.withLock { $0 } == Set((0..<2000).map { Array("body \($0)".utf8) }))
        await sink.stop()
    }
}

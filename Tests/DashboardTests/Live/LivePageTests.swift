import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Tenants
import TestSupport
import Testing

/// Pages that change while they are looked at.
@Suite struct LivePageTests {
    private func stream(_ path: String, _ browser: Browser) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: browser.url + path)
        request.headers = ["Cookie": browser.cookie ?? ""]
        return try await HTTPClient.shared.execute(request, timeout: .seconds(60))
    }

    /// Regions of the next event that has some.
    private func regions(_ chunks: inout HTTPClientResponse.Body.AsyncIterator) async throws -> [String: String] {
        var text = ""
        while let chunk = try await chunks.next() {
            text += String(buffer: chunk)
            guard let event = text.firstMatch(of: /event: regions\ndata: (.*)\n\n/) else { continue }
            return try JSONDecoder().decode([String: String].self, from: Data(event.1.utf8))
        }
        throw NeverHappened("the stream ended: \(text)")
    }

    @Test(.timeLimit(.minutes(5))) func whatComesIsSeenWithoutReloading() async throws {
        try await withSite { site in
            let browser = try await site.browser(site.keys[0].text)
            let response = try await stream("/live?page=%2Frequests", browser)
            #expect(response.status == .ok && response.headers.first(name: "Content-Type") == "text/event-stream")
            var chunks = response.body.makeAsyncIterator()
            #expect(try await regions(&chunks)["requests"]?.contains("No request is kept") == true)
            let id = try await site.add(path: "/<b>", body: [1])
            let changed = try await regions(&chunks)
            #expect(changed["requests"]?.contains("/requests/\(id)") == true)
            #expect(changed["requests"]?.contains("&lt;b&gt;") == true)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aStreamEndsWithItsKeyAndWithTheProcess() async throws {
        try await withSite { site in
            let (first, second) = (
                try await site.browser(site.keys[0].text), try await site.browser(site.keys[1].text)
            )
            var ofFirst = try await stream("/live?page=%2F", first).body.makeAsyncIterator()
            var ofSecond = try await stream("/live?page=%2F", second).body.makeAsyncIterator()
            _ = try await (regions(&ofFirst), regions(&ofSecond))
            let owner = site.owners[0]
            let key = try #require(try await site.tenants.keys(of: owner.id, shard: owner.shard, limit: 1).first)
            _ = try await site.tenants.revokeKey(key.id, tenant: owner.id, shard: owner.shard)
            try await site.snapshots.load()
            var last = ""
            while let chunk = try await ofFirst.next() { last = String(buffer: chunk) }
            #expect(last.hasSuffix("event: ended\ndata: the session\n\n"))
            await site.stop()
            while try await ofSecond.next() != nil {}
        }
    }

    @Test(.timeLimit(.minutes(5))) func onlyPagesOfOnesOwnAreLive() async throws {
        try await withSite { site in
            let browser = try await site.browser(site.keys[0].text)
            for (path, status) in [
                ("/live?page=%2F%3Ftenant%3Db", 404), ("/live?page=%2Fv1%2Frequests", 404),
                ("/live?page=https%3A%2F%2Fevil", 404), ("/live?page=%2Frequests%3Fx%3D1", 400),
            ] {
                #expect(try await browser.get(path).status == UInt(status), "\(path)")
            }
            let ofOperator = try await site.browser(Site.operatorToken)
            #expect(try await ofOperator.get("/live?page=%2Frequests").status == 404)
        }
    }
}

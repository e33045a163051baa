import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Tenants
import TestSupport
import Testing

/// Pages that change while they are looked at.
@Suite struct LivePageTests {
    /// What a stream sends, and whether it has ended.
    private struct Stream: Sendable {
        let text = Shared("")
        let hasEnded = Shared(false)
    }

    /// The body follows the stream until it ends, which it must when the body returns.
    private func following(
        _ path: String, _ browser: Browser, _ body: (Stream) async throws -> Void
    ) async throws {
        let stream = Stream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var request = HTTPClientRequest(url: browser.url + path)
                request.headers = ["Cookie": browser.cookie ?? ""]
                let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
                #expect(response.status == .ok)
                #expect(response.headers.first(name: "Content-Type") == "text/event-stream")
                #expect(response.headers.first(name: "X-Accel-Buffering") == "no")
                for try await chunk in response.body { stream.text.update { $0 += String(buffer: chunk) } }
                stream.hasEnded.update { $0 = true }
            }
            try await body(stream)
            try await group.waitForAll()
        }
    }

    private func revoke(_ owner: Tenant, _ site: Site) async throws {
        let key = try #require(try await site.tenants.keys(of: owner.id, shard: owner.shard, limit: 1).first)
        #expect(try await site.tenants.revokeKey(key.id, tenant: owner.id, shard: owner.shard))
        try await site.snapshots.load()
    }

    @Test(.timeLimit(.minutes(5))) func whatComesIsSeenWithoutReloading() async throws {
        try await withSite { site in
            let browser = try await site.browser(site.keys[0].text)
            try await following("/live?page=%2Frequests", browser) { stream in
                try await eventually { stream.text.value.contains("No request is kept") }
                let id = try await site.add(path: "/<b>", body: [1])
                try await eventually { stream.text.value.contains("/requests/\(id)") }
                #expect(stream.text.value.contains("&lt;b&gt;") && !stream.text.value.contains("/<b>"))
                #expect(stream.text.value.hasPrefix("event: regions\ndata: {\"requests\":"))
                try await revoke(site.owners[0], site)
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func aStreamEndsWithItsKey() async throws {
        try await withSite { site in
            let browser = try await site.browser(site.keys[0].text)
            try await following("/live?page=%2F", browser) { stream in
                try await eventually { stream.text.value.contains("event: regions") }
                try await revoke(site.owners[0], site)
                try await eventually { stream.hasEnded.value }
                #expect(stream.text.value.hasSuffix("event: ended\ndata: the session\n\n"))
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func aStreamEndsWithItsProcess() async throws {
        try await withSite { site in
            let browser = try await site.browser(Site.operatorToken)
            try await following("/live?page=%2F", browser) { stream in
                try await eventually { stream.text.value.contains("event: regions") }
                await site.stop()
                try await eventually { stream.hasEnded.value }
                #expect(!stream.text.value.contains("event: ended"))
            }
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

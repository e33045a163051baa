import Model
import NIOHTTP1
import Tenants
import TestSupport
import Testing

/// Who comes in, and who stays out.
@Suite struct LoginTests {
    @Test(.timeLimit(.minutes(5))) func pagesAskWhoIsThere() async throws {
        try await withSite { site in
            let browser = site.browser()
            for path in ["/", "/requests?state=held", "/destinations/hook"] {
                let seen = try await browser.get(path)
                #expect(seen.status == 303)
                #expect(seen.location?.hasPrefix("/login?then=%2F") == true, "\(path)")
            }
            let form = try await browser.get("/login?then=%2Frequests%3Fstate%3Dheld")
            #expect(form.status == 200 && form.text.contains("name=\"then\" value=\"/requests?state=held\""))
            let opened = try await browser.post(
                "/login", [("key", site.keys[0].text), ("then", "/requests?state=held")])
            #expect(opened.status == 303 && opened.location == "/requests?state=held")
            let cookie = try #require(opened.headers.first(name: "Set-Cookie"))
            #expect(
                cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(site.keys[0].text)
            )
            for then in ["https://evil.example/", "//evil.example/", "/\\evil.example", "/v1/requests", ""] {
                let seen = try await browser.post("/login", [("key", site.keys[0].text), ("then", then)])
                #expect(seen.location == "/", "\(then)")
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func wrongKeysDoNotOpen() async throws {
        try await withSite { site in
            let ingest = APIKey.new()
            let owner = site.owners[0]
            try await site.tenants.createKey(
                ingest, label: "ingest", scopes: Scopes(.ingest), tenant: owner.id, shard: owner.shard)
            try await site.snapshots.load()
            let browser = site.browser()
            for key in ["", "sluice_wrong", ingest.text, Site.operatorToken + "x"] {
                let seen = try await browser.post("/login", [("key", key)])
                #expect(seen.status == 403 && seen.cookie == nil, "\(key)")
                #expect(seen.text.contains("role=\"alert\"") && !seen.text.contains("sluice_wrong"))
            }
            let foreign = try await browser.post(
                "/login", [("key", site.keys[0].text)], headers: [("Sec-Fetch-Site", "cross-site")])
            #expect(foreign.status == 403 && foreign.cookie == nil)
            var last = foreign
            for _ in 0..<12 { last = try await browser.post("/login", [("key", "sluice_wrong")]) }
            #expect(last.status == 429 && last.headers.first(name: "Retry-After") != nil)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aRevokedKeyEndsItsSessions() async throws {
        try await withSite { site in
            let browser = try await site.browser(site.keys[0].text)
            #expect(try await browser.get("/").status == 200)
            let owner = site.owners[0]
            let key = try #require(try await site.tenants.keys(of: owner.id, shard: owner.shard, limit: 1).first)
            #expect(try await site.tenants.revokeKey(key.id, tenant: owner.id, shard: owner.shard))
            try await site.snapshots.load()
            #expect(try await browser.get("/").status == 303)
            #expect(try await browser.get("/live?page=%2F").status == 403)
            let post = try await browser.post("/destinations/hook/circuit", [("command", "pause"), ("reason", "x")])
            #expect(post.status == 303 && post.location == "/login")
        }
    }

    @Test(.timeLimit(.minutes(5))) func whoLogsOutIsOut() async throws {
        try await withSite { site in
            let browser = try await site.browser(site.keys[0].text)
            let token = try #require(try await browser.get("/").token)
            #expect(try await browser.post("/logout", [("token", "wrong")]).status == 403)
            let seen = try await browser.post("/logout", [("token", token)])
            #expect(seen.status == 303 && seen.location == "/login")
            #expect(
                seen.cookie == "sluice_session="
                    && seen.headers.first(name: "Set-Cookie")?.contains("Max-Age=0") == true)
        }
    }
}

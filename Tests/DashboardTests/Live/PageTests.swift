import Dashboard
import FlagEngine
import JSON
import Model
import NIOHTTP1
import Tenants
import TestSupport
import Testing

/// Every page, with what is hostile in it, for a tenant and for an operator.
@Suite struct PageTests {
    private static let hostile = "<script>alert(1)</script>\"'&"
    private static let pages = [
        "/", "/destinations", "/destinations?search=ho", "/destinations/hook", "/requests", "/requests?state=dead",
        "/requests?destination=hook&status=4xx&topic=%3Cscript%3E", "/dead-letters",
        "/dead-letters?destination=hook&count=yes",
        "/replays", "/flags", "/flags?environment=production", "/flags/production/new-host",
    ]

    private static let flag = #"""
        {"state": "ENABLED", "variants": {"<script>alert(1)</script>": "old", "new": "new"}, "defaultVariant": "new"}
        """#

    /// Returns the page of a request with a hostile body, and that of one which is dead.
    private func fill(_ site: Site) async throws -> [String] {
        var headers = HeaderLines()
        headers.append("X-Evil", Self.hostile)
        let dead = try await site.add(path: "/\(Self.hostile)", headers: headers, body: Array(Self.hostile.utf8))
        try await site.fail(Self.hostile)
        let waiting = try await site.add(body: [0, 1, 2, 0xff])
        let owner = site.owners[0]
        let environment = FlagEnvironment(tenant: owner.id, shard: owner.shard)
        let flag = try CheckedFlag("new-host", JSONValue(parsing: Array(Self.flag.utf8)), for: nil)
        try await site.tenants.putFlag(flag, in: environment, by: FlagAuthor("test", reason: Self.hostile))
        let plan = try RolloutPlan(
            JSONValue(
                parsing: Array(
                    #"{"control": "<script>alert(1)</script>", "treatment": "new", "steps": [{"weight": 100}]}"#.utf8)))
        _ = try await site.tenants.startRollout(plan, of: "new-host", in: environment, by: FlagAuthor("test"))
        return ["/requests/\(dead)", "/requests/\(waiting)"]
    }

    private func check(_ seen: Browser.Seen, _ path: String) {
        #expect(seen.status == 200, "\(path): \(seen.text.prefix(2_000))")
        #expect(seen.headers.first(name: "Content-Type") == "text/html; charset=utf-8")
        let policy = seen.headers.first(name: "Content-Security-Policy") ?? ""
        #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe"), "\(path)")
        #expect(seen.headers.first(name: "Cache-Control") == "no-store")
        #expect(seen.headers.first(name: "X-Content-Type-Options") == "nosniff")
        #expect(seen.text.matches(of: /<script/).count == 1, "\(path): only its own")
        #expect(!seen.text.contains("style=") && !seen.text.contains(/\son\w+=/), "\(path)")
        #expect(seen.text.matches(of: /<h1/).count == 1 && seen.text.contains("<main id=\"main\""), "\(path)")
    }

    @Test(.timeLimit(.minutes(5))) func everyPageIsThereAndKeepsWhatIsHostileAsText() async throws {
        try await withSite { site in
            let requests = try await fill(site)
            let browser = try await site.browser(site.keys[0].text)
            for path in Self.pages + requests {
                check(try await browser.get(path), path)
                let head = try await browser.get(path, method: .HEAD)
                #expect(head.status == 200 && head.text.isEmpty, "\(path)")
            }
            let dead = try await browser.get(requests[0])
            #expect(dead.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
            #expect(dead.text.contains("418"))
            #expect(try await browser.get(requests[1]).text.contains("00000000  00 01 02 ff"))
            let body = try await browser.get(requests[1] + "/body")
            #expect(body.status == 200 && body.headers.first(name: "Content-Type") == "application/octet-stream")
            #expect(body.headers.first(name: "Content-Disposition")?.hasPrefix("attachment") == true)
            #expect(try await browser.get("/dead-letters?count=yes").text.contains("Replay them"))
        }
    }

    @Test(.timeLimit(.minutes(5))) func operatorsSeeAllAndChooseATenant() async throws {
        try await withSite { site in
            let requests = try await fill(site)
            let browser = try await site.browser(Site.operatorToken)
            let all = try await browser.get("/")
            check(all, "/")
            #expect(all.text.contains("href=\"/?tenant=a\"") && all.text.contains("href=\"/?tenant=b\""))
            #expect(try await browser.get("/requests").location == "/")
            for path in Self.pages + requests {
                let path = path + (path.contains("?") ? "&" : "?") + "tenant=a"
                let seen = try await browser.get(path)
                check(seen, path)
                // Links stay with the tenant.
                #expect(
                    !seen.text.contains(/href="\/(?:requests|destinations|flags|replays|dead-letters)[^"?]*"/),
                    "\(path)")
            }
            #expect(try await browser.get(requests[0] + "?tenant=b").status == 404)
            #expect(try await browser.get("/?tenant=nobody").status == 404)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aTenantSeesNothingOfAnother() async throws {
        try await withSite { site in
            let requests = try await fill(site)
            let browser = try await site.browser(site.keys[1].text)
            for path in requests + requests.map({ $0 + "/body" }) + ["/flags/production/new-host", "/?tenant=a"] {
                #expect(try await browser.get(path).status == 404, "\(path)")
            }
            for path in ["/", "/requests", "/dead-letters", "/flags", "/destinations/hook"] {
                let text = try await browser.get(path).text
                for request in requests { #expect(!text.contains(request.dropFirst("/requests/".count)), "\(path)") }
                #expect(!text.contains("new-host"), "\(path)")
            }
            let token = try #require(try await browser.get("/").token)
            for path in requests.flatMap({ [$0 + "/cancel", $0 + "/replay"] }) {
                #expect(try await browser.post(path, [("token", token)]).status == 404, "\(path)")
            }
            #expect(
                try await browser.post(
                    "/flags/production/new-host/kill", [("token", token), ("variant", ""), ("reason", "")]
                )
                .status == 404)
        }
    }

    @Test(.timeLimit(.minutes(5))) func whatIsNotThereSaysSo() async throws {
        try await withSite { site in
            let browser = try await site.browser(site.keys[0].text)
            for path in ["/destinations/none", "/requests/none", "/flags/production/none", "/flags?environment=none"] {
                let seen = try await browser.get(path)
                #expect(
                    path == "/flags?environment=none" ? [200, 404].contains(seen.status) : seen.status == 404, "\(path)"
                )
            }
            #expect(try await browser.get("/requests?nonsense=1").status == 400)
            #expect(try await browser.get("/requests?from=yesterday").text.contains("write a time as"))
            let id = RequestID.new()
            #expect(try await browser.get("/requests?id=\(id)").location == "/requests/\(id)")
        }
    }

    @Test(.timeLimit(.minutes(5))) func assetsAreKeptForGood() async throws {
        try await withSite { site in
            let browser = site.browser()
            let login = try await browser.get("/login")
            let paths = login.text.matches(of: /"(\/assets\/[^"]+)"/).map { String($0.1) }
            #expect(paths.count == 3)
            for path in paths {
                let seen = try await browser.get(path)
                #expect(seen.status == 200 && !seen.text.isEmpty)
                #expect(seen.headers.first(name: "Cache-Control")?.contains("immutable") == true)
                let tag = try #require(seen.headers.first(name: "ETag"))
                #expect(try await browser.get(path, headers: [("If-None-Match", tag)]).status == 304)
            }
        }
    }
}

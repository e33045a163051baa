import Circuits
import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

/// What forms do, and which are refused.
@Suite struct ActionTests {
    private static let pause = [("command", "pause"), ("reason", "maintenance"), ("minutes", "5"), ("deliveries", "")]

    private func mode(_ site: Site) async throws -> String {
        let key = CircuitKey(
            shard: site.destination.lane.shard, tenant: site.destination.tenant, destination: site.destination.id)
        let store = CircuitStore(site.client)
        return try await store.show(shard: key.shard, tenant: key.tenant, destination: key.destination).first?.mode
            ?? ""
    }

    @Test(.timeLimit(.minutes(5))) func aCircuitIsPausedAndResumed() async throws {
        try await withSite { site in
            let browser = try await site.browser(site.keys[0].text)
            let token = try #require(try await browser.get("/destinations/hook").token)
            let seen = try await browser.post("/destinations/hook/circuit", [("token", token)] + Self.pause)
            #expect(seen.status == 303 && seen.location == "/destinations/hook?done=circuit", "\(seen.text)")
            #expect(try await mode(site) == "forced_open")
            let page = try await browser.get("/destinations/hook?done=circuit")
            #expect(page.text.contains("maintenance") && page.text.contains("The circuit has taken the command."))
            #expect(try await browser.get("/").text.contains("/destinations/hook"))
            _ = try await browser.post(
                "/destinations/hook/circuit", [("token", token), ("command", "resume"), ("reason", "done")])
            #expect(try await mode(site) == "auto")
        }
    }

    @Test(.timeLimit(.minutes(5))) func formsOfOthersDoNothing() async throws {
        try await withSite { site in
            let browser = try await site.browser(site.keys[0].text)
            let other = try await site.browser(site.keys[1].text)
            let (token, foreign) = (
                try #require(try await browser.get("/").token), try #require(try await other.get("/").token)
            )
            let path = "/destinations/hook/circuit"
            for token in ["", foreign, String(token.dropLast())] {
                #expect(try await browser.post(path, [("token", token)] + Self.pause).status == 403)
            }
            #expect(try await browser.post(path, Self.pause).status == 403)
            for headers in [
                [("Sec-Fetch-Site", "cross-site")], [("Origin", "https://evil.example")], [("Origin", "null")],
            ] {
                #expect(try await browser.post(path, [("token", token)] + Self.pause, headers: headers).status == 403)
            }
            #expect(try await site.browser().post(path, [("token", token)] + Self.pause).location == "/login")
            #expect(try await browser.get(path).status == 405)
            #expect(try await mode(site) == "auto")
        }
    }

    @Test(.timeLimit(.minutes(5))) func whoOnlyReadsChangesNothing() async throws {
        try await withSite { site in
            let (key, owner) = (APIKey.new(), site.owners[0])
            try await site.tenants.createKey(
                key, label: "r", scopes: Scopes(.read), tenant: owner.id, shard: owner.shard)
            try await site.snapshots.load()
            let browser = try await site.browser(key.text)
            let page = try await browser.get("/destinations/hook")
            #expect(page.status == 200 && !page.text.contains("Command the circuit"))
            #expect(!(try await browser.get("/dead-letters?count=yes")).text.contains("nothing to replay"))
            let token = try #require(page.token)
            #expect(
                try await browser.post("/destinations/hook/circuit", [("token", token)] + Self.pause).status == 403)
            #expect(try await mode(site) == "auto")
        }
    }

    @Test(.timeLimit(.minutes(5))) func deadLettersAreReplayedAndRequestsCancelled() async throws {
        try await withSite { site in
            let dead = try await site.add(body: [1])
            try await site.fail("gone")
            let waiting = try await site.add(body: [2])
            let browser = try await site.browser(site.keys[0].text)
            let counted = try await browser.get("/dead-letters?count=yes")
            #expect(counted.text.contains("Replay them") && !counted.text.contains("data-live"))
            let token = try #require(counted.token)
            let begun = try await browser.post("/dead-letters/replay", [("token", token), ("rate", "10")])
            #expect(begun.status == 303 && begun.location == "/replays?done=replay", "\(begun.text)")
            #expect(try await browser.get("/replays").text.contains("running"))
            let cancelled = try await browser.post("/requests/\(waiting)/cancel", [("token", token)])
            #expect(cancelled.location == "/requests/\(waiting)?done=cancelled", "\(cancelled.text)")
            #expect(try await browser.get("/requests/\(waiting)").text.contains("cancelled"))
            let replayed = try await browser.post("/requests/\(dead)/replay", [("token", token), ("destination", "")])
            #expect(replayed.location == "/requests/\(dead)?done=replayed", "\(replayed.text)")
            #expect(try await browser.post("/requests/\(waiting)/cancel", [("token", token)]).status == 409)
            #expect(try await browser.post("/dead-letters/replay", [("token", token), ("rate", "0")]).status == 400)
        }
    }

    /// As the operator's API: for the tenant that is chosen, and by that name in its history.
    @Test(.timeLimit(.minutes(5))) func anOperatorActsForTheChosenTenant() async throws {
        try await withSite { site in
            let browser = try await site.browser(Site.operatorToken)
            let token = try #require(try await browser.get("/destinations/hook?tenant=a").token)
            let seen = try await browser.post("/destinations/hook/circuit?tenant=a", [("token", token)] + Self.pause)
            #expect(seen.location == "/destinations/hook?tenant=a&done=circuit", "\(seen.text)")
            #expect(try await mode(site) == "forced_open")
            #expect(try await browser.get("/destinations/hook?tenant=a").text.contains("by operator"))
            #expect(try await browser.post("/destinations/hook/circuit", [("token", token)] + Self.pause).status == 404)
        }
    }
}

import HTTPTypes
import Model
import Requests
import Tenants
import TestSupport
import Testing

@testable import API

/// Every route, called by one tenant with the ids and names of another's things: it answers as it does for what does not
/// exist, and lists and counts do not change.
@Suite struct IsolationTests {
    /// What the first tenant has, or what nobody has.
    private struct Things {
        var destination = "nobodys"
        var request = "\(RequestID.new())"
        var key = "\(KeyID.new())"
        var check = "\(HealthCheckID.new())"
        var replay = "\(ReplayID.new())"
        /// Name of an environment, and key of its flag.
        var flags = "nobodys"

        func target(_ path: PathPattern, destination: String? = nil) -> String {
            let id =
                path.description.contains("/keys/")
                ? key
                : path.description.contains("/replays/")
                    ? replay : path.description.contains("/health") ? check : request
            return path.description.replacing("{name}", with: destination ?? self.destination).replacing(
                "{id}", with: id
            ).replacing("{environment}", with: flags).replacing("{key}", with: flags)
        }

        func body(_ route: Route) -> String {
            switch route.name {
            case "POST /v1/requests", "POST /v1/dead-letters/replay": #"{"destination": "\#(destination)"}"#
            case "POST /v1/destinations": #"{"name": "\#(destination)", "base_url": "http://127.0.0.1:9"}"#
            case "PUT /v1/destinations/{name}": #"{"base_url": "http://127.0.0.1:9"}"#
            case let route where route.contains("/health-checks"): #"{"kind": "http", "target": "http://127.0.0.1:9/"}"#
            case let route where route.contains("POST") && route.contains("/circuit/"): #"{"reason": "test"}"#
            case "POST /v1/keys": #"{"label": "new"}"#
            case "POST /v1/routes", "PUT /v1/routes/{name}": Self.route(named: destination, to: "hook")
            case "POST /v1/sources", "PUT /v1/sources/{name}": Self.source(named: destination, to: "hook")
            case "POST /v1/environments/{environment}/flags", "PUT /v1/environments/{environment}/flags/{key}":
                Self.flag(flags)
            case "PUT /v1/environments/{environment}/document": #"{"flags": {}}"#
            case let route where route.hasSuffix("/rollout"): Self.rollout
            case let route where route.hasSuffix("/revert"): #"{"version": 1}"#
            default: "{}"
            }
        }

        static func route(named name: String, to destination: String) -> String {
            #"{"name": "\#(name)", "topic": "orders.*", "destination": "\#(destination)"}"#
        }

        static func flag(_ key: String) -> String {
            #"{"key": "\#(key)", "definition": {"state": "ENABLED", "variants": {"x": true, "y": false}}, "owner": "me"}"#
        }

        static let rollout = #"{"control": "y", "treatment": "x", "steps": [{"weight": 100}]}"#

        static func source(named name: String, to destination: String) -> String {
            #"""
            {"name": "\#(name)", "scheme": "github", "secrets": [{"id": "1", "secret": "secret of a"}],
             "destination": "\#(destination)"}
            """#
        }
    }

    /// Makes the caller's own, whatever others have; after all the others.
    private static let makes: Set = [
        "POST /v1/destinations", "PUT /v1/destinations/{name}", "POST /v1/keys", "POST /v1/routes",
        "PUT /v1/routes/{name}", "POST /v1/sources", "PUT /v1/sources/{name}", "PUT /v1/environments/{environment}",
        "PUT /v1/environments/{environment}/document", "POST /v1/environments/{environment}/flags",
        "PUT /v1/environments/{environment}/flags/{key}",
    ]

    private func tenantRoutes(_ gateway: Gateway) -> [Route] {
        let routes = gateway.routes.filter { if case .tenant = $0.access { true } else { false } }
        return routes.filter { !Self.makes.contains($0.name) } + routes.filter { Self.makes.contains($0.name) }
    }

    private func things(_ gateway: Gateway) async throws -> Things {
        var things = Things(destination: "of-a", flags: "of-a")
        let made = try await gateway.send(
            "POST", "/v1/destinations", ["Content-Type: application/json"],
            body: Array(#"{"name": "of-a", "base_url": "http://127.0.0.1:9", "headers": {"x": "secret of a"}}"#.utf8))
        #expect(made.status == 201, "\(made.text)")
        try await gateway.snapshots.load()
        things.request = try await gateway.send("POST", "/in/of-a", ["Idempotency-Key: shared"]).id
        for (target, body) in [
            ("/v1/destinations/of-a/health-checks", #"{"kind": "http", "target": "http://127.0.0.1:9/"}"#),
            ("/v1/routes", Things.route(named: "of-a", to: "of-a")),
            ("/v1/sources", Things.source(named: "of-a", to: "of-a")),
            ("/v1/environments/of-a/flags", Things.flag("of-a")),
            ("/v1/environments/of-a/flags/of-a/rollout", Things.rollout),
            ("/v1/dead-letters/replay", #"{"destination": "of-a"}"#),
        ] {
            let answer = try await gateway.send(
                "POST", target, ["Content-Type: application/json"], body: Array(body.utf8))
            #expect(answer.status / 100 == 2, "\(target): \(answer.text)")
            if target.hasSuffix("checks") { things.check = answer.id }
            if target.hasSuffix("replay") { things.replay = answer.id }
        }
        let keys = try await gateway.send("GET", "/v1/keys").json["keys"] as? [[String: Any]]
        things.key = try #require(keys?.first?["id"] as? String)
        return things
    }

    /// As the second tenant.
    private func call(_ route: Route, _ things: Things, _ gateway: Gateway, destination: String? = nil) async throws
        -> String
    {
        let answer = try await gateway.send(
            route.method.rawValue, things.target(route.path, destination: destination), key: gateway.otherKey,
            ["Content-Type: application/json"], body: route.method == .get ? [] : Array(things.body(route).utf8))
        let fields = ["content-type", "etag", "location", "retry-after", "idempotency-replayed"].map {
            answer[$0] ?? ""
        }
        return "\(answer.status) \(fields) \(answer.text)"
            .replacing(things.destination, with: "DESTINATION")
            .replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "ID")
            .replacing(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/, with: "TIME")
            .replacing(/sluice_[A-Za-z0-9_-]+|~[A-Za-z0-9_-]+/, with: "KEY")
    }

    @Test func whatIsForeignIsAsIfItWereNot() async throws {
        try await withGateway { gateway in
            let (foreign, missing) = (try await things(gateway), Things())
            let routes = tenantRoutes(gateway)
            #expect(routes.count > 30)
            for route in routes {
                let told = try await call(route, foreign, gateway)
                let expected = try await call(route, missing, gateway)
                #expect(told == expected, "\(route.name)")
                #expect(!told.contains("of-a") && !told.contains("of a"), "\(route.name): \(told)")
                let takesNames = "\(route.path)".contains("{") && !Self.makes.contains(route.name)
                #expect(!takesNames || told.hasPrefix("404"), "\(route.name): \(told)")
                // With a destination that it has.
                guard "\(route.path)".contains("{name}/health-checks/{id}") else { continue }
                let mixed = try await call(route, foreign, gateway, destination: "hook")
                let unmixed = try await call(route, missing, gateway, destination: "hook")
                #expect(mixed == unmixed, "\(route.name)")
                #expect(mixed.hasPrefix("404"), "\(route.name): \(mixed)")
            }
        }
    }

    /// Otherwise the test above would compare refusals of everything.
    @Test func whatIsOnesOwnIsThere() async throws {
        try await withGateway { gateway in
            let own = try await things(gateway)
            for route in tenantRoutes(gateway) where route.method == .get {
                let answer = try await gateway.send("GET", own.target(route.path))
                #expect(answer.status == 200, "\(route.name): \(answer.text)")
            }
        }
    }

    @Test func listsAndCountsDoNotChange() async throws {
        try await withGateway { gateway in
            let lists = tenantRoutes(gateway).filter { $0.method == .get && !"\($0.path)".contains("{") }
            #expect(lists.count > 6)
            var before: [String: String] = [:]
            for route in lists { before[route.name] = try await call(route, Things(), gateway) }
            _ = try await things(gateway)
            for route in lists {
                #expect(try await call(route, Things(), gateway) == before[route.name], "\(route.name)")
            }
        }
    }

    @Test func cursorsVersionsAndIdempotencyKeysAreOfTheirTenant() async throws {
        try await withGateway { gateway in
            let foreign = try await things(gateway)
            _ = try await gateway.send("POST", "/in/of-a")
            let page = try await gateway.send("GET", "/v1/requests?limit=1")
            let cursor = try #require(page.json["next"] as? String)
            #expect(try await gateway.send("GET", "/v1/requests?limit=1&cursor=\(cursor)").status == 200)
            let stolen = try await gateway.send("GET", "/v1/requests?limit=1&cursor=\(cursor)", key: gateway.otherKey)
            let invented = try await gateway.send("GET", "/v1/requests?limit=1&cursor=AAAA", key: gateway.otherKey)
            #expect(stolen.status == 400 && stolen.text == invented.text)

            let version = try #require(try await gateway.send("GET", "/v1/destinations/of-a")["etag"])
            var answers: [String] = []
            for name in [foreign.destination, "nobodys"] {
                let answer = try await gateway.send(
                    "PUT", "/v1/destinations/\(name)", key: gateway.otherKey,
                    ["Content-Type: application/json", "If-Match: \(version)"],
                    body: Array(#"{"base_url": "http://127.0.0.1:9"}"#.utf8))
                answers.append("\(answer.status) \(answer.text.replacing(name, with: "NAME"))")
            }
            #expect(answers[0] == answers[1] && !answers[0].hasPrefix("2"), "\(answers)")

            let answer = try await gateway.send("POST", "/in/hook", key: gateway.otherKey, ["Idempotency-Key: shared"])
            #expect(answer.status == 202 && answer.id != foreign.request && answer["idempotency-replayed"] == nil)
        }
    }
}

extension Route {
    fileprivate var name: String { "\(method.rawValue) \(path)" }
}

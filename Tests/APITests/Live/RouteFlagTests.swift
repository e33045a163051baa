import Foundation
import Model
import Postgres
import Requests
import Tenants
import TestSupport
import Testing

@testable import API

/// Flags decide what routes do; what they decided stays with the request.
@Suite struct RouteFlagTests {
    private static let canary =
        #"{"state": "ENABLED", "variants": {"old": "one", "new": "two"}, "defaultVariant": "old", "#
        + #""targeting": {"if": [{"==": [{"var": "plan"}, "paid"]}, "new"]}}"#

    private func withRoute(_ flag: String, _ body: (Gateway) async throws -> Void) async throws {
        try await withGateway { gateway in
            for name in ["one", "two"] {
                let json = #"{"name": "\#(name)", "base_url": "http://127.0.0.1:9"}"#
                #expect(try await gateway.call("POST", "/v1/destinations", json).status == 201)
            }
            let made = try await gateway.call(
                "POST", "/v1/routes",
                #"{"name": "r", "topic": "a", "destination": "one", "flag": \#(flag)}"#)
            #expect(made.status == 201, "\(made.text)")
            try await gateway.snapshots.load()
            try await body(gateway)
        }
    }

    /// Where a request went, and what was stamped on it.
    private func sent(_ envelope: String, _ gateway: Gateway) async throws -> (to: [String], stamps: [[String: Any]]) {
        let answer = try await gateway.post(envelope)
        #expect(answer.status == 202, "\(answer.text)")
        return try await shown(answer.id, gateway)
    }

    private func shown(_ id: String, _ gateway: Gateway) async throws -> (to: [String], stamps: [[String: Any]]) {
        let shown = try await gateway.call("GET", "/v1/requests/\(id)")
        let deliveries = shown.json["deliveries"] as? [[String: Any]] ?? []
        return (
            deliveries.compactMap { $0["destination"] as? String }, shown.json["flags"] as? [[String: Any]] ?? []
        )
    }

    @Test func aBooleanDecidesWhetherItDelivers() async throws {
        try await withRoute(#"{"key": "gate"}"#) { gateway in
            try await gateway.putFlag("gate")
            let off = try await sent(#"{"topic": "a", "body": 1}"#, gateway)
            #expect(off.to == [] && off.stamps.first?["variant"] as? String == "off")
            #expect(off.stamps.first?["destination"] is NSNull)
            _ = try await gateway.call("PATCH", "\(Gateway.flags)/gate", #"{"definition": {"defaultVariant": "on"}}"#)
            try await gateway.snapshots.load()
            let on = try await sent(#"{"topic": "a", "body": 1}"#, gateway)
            #expect(on.to == ["one"] && on.stamps.first?["destination"] as? String == "one")
            #expect(on.stamps.first?["route"] as? String == "r" && on.stamps.first?["flag"] as? String == "gate")
        }
    }

    @Test func aStringDecidesWhereItGoesAndRetriesKeepToIt() async throws {
        let flag = #"{"key": "canary", "attributes": {"plan": "body.customer.plan"}}"#
        try await withRoute(flag) { gateway in
            try await gateway.putFlag("canary", Self.canary)
            let paid = #"{"topic": "a", "body": {"customer": {"plan": "paid"}}, "idempotency_key": "k"}"#
            let answer = try await gateway.post(paid)
            #expect(try await shown(answer.id, gateway).to == ["two"])
            #expect(try await sent(#"{"topic": "a", "body": {"customer": {}}}"#, gateway).to == ["one"])
            #expect(try await sent(#"{"topic": "a", "body_text": "no JSON"}"#, gateway).to == ["one"])
            _ = try await gateway.call("POST", "\(Gateway.flags)/canary/kill", #"{"variant": "old"}"#)
            try await gateway.snapshots.load()
            let again = try await gateway.post(paid)
            #expect(again.status == 202 && again.id == answer.id)
            let later = try await shown(answer.id, gateway)
            #expect(later.to == ["two"] && later.stamps.first?["variant"] as? String == "new")
            #expect(try await sent(#"{"topic": "a", "body": {"customer": {"plan": "paid"}}}"#, gateway).to == ["one"])
        }
    }

    @Test(arguments: [("deliver", ["one"]), ("skip", [])])
    func whatTheFlagDoesNotDecideTheRouteDoes(_ otherwise: String, _ expected: [String]) async throws {
        try await withRoute(#"{"key": "f", "otherwise": "\#(otherwise)"}"#) { gateway in
            let missing = try await sent(#"{"topic": "a", "body": 1}"#, gateway)
            #expect(missing.to == expected && missing.stamps.first?["reason"] as? String == "FLAG_NOT_FOUND")
            for (definition, reason) in [
                (Gateway.onOff.replacing("ENABLED", with: "DISABLED"), "DISABLED"),
                (#"{"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a"}"#, "STATIC"),
                (#"{"state": "ENABLED", "variants": {"a": true}, "targeting": {"unheard": []}}"#, "PARSE_ERROR"),
                (#"{"state": "ENABLED", "variants": {"a": true}, "targeting": {"var": "no"}}"#, "DEFAULT"),
            ] {
                let put = try await gateway.call(
                    "PUT", "\(Gateway.flags)/f", #"{"definition": \#(definition)}"#,
                    [reason == "DISABLED" ? "If-None-Match: *" : "If-Match: *"])
                #expect(put.status / 100 == 2, "\(put.text)")
                try await gateway.snapshots.load()
                let request = try await sent(#"{"topic": "a", "body": 1}"#, gateway)
                #expect(request.to == expected && request.stamps.first?["reason"] as? String == reason)
            }
        }
    }

    /// A destination that there is not: the route's own.
    @Test func aNameOfNoDestinationLeadsToTheRoutesOwn() async throws {
        try await withRoute(#"{"key": "f"}"#) { gateway in
            try await gateway.putFlag(
                "f", #"{"state": "ENABLED", "variants": {"a": "nix"}, "defaultVariant": "a"}"#)
            #expect(try await sent(#"{"topic": "a", "body": 1}"#, gateway).to == ["one"])
        }
    }

    @Test func theContextHasWhatTheGatewayKnowsAndWhatTheRouteNames() async throws {
        let flag =
            #"{"key": "f", "attributes": {"kind": "header.x-kind", "deep": "body.a.b", "how": "method"}}"#
        try await withRoute(flag) { gateway in
            for (number, (rule, fits)) in [
                (#"{"==": [{"var": "kind"}, "big"]}"#, true), (#"{"==": [{"var": "deep"}, 7]}"#, true),
                (#"{"==": [{"var": "how"}, "PUT"]}"#, true), (#"{"==": [{"var": "tenant"}, "a"]}"#, true),
                (#"{"==": [{"var": "topic"}, "a"]}"#, true), (#"{"==": [{"var": "destination"}, "one"]}"#, true),
                (#"{"==": [{"var": "ordering_key"}, "o1"]}"#, true),
                (#"{"==": [{"var": "targetingKey"}, "o1"]}"#, true),
                (#"{"==": [{"var": "tenant"}, "b"]}"#, false), (#"{"==": [{"var": "kind"}, "small"]}"#, false),
            ].enumerated() {
                let definition =
                    #"{"state": "ENABLED", "variants": {"true": true, "false": false}, "defaultVariant": "false", "targeting": \#(rule)}"#
                let put = try await gateway.call(
                    "PUT", "\(Gateway.flags)/f", #"{"definition": \#(definition)}"#,
                    [number == 0 ? "If-None-Match: *" : "If-Match: *"])
                #expect(put.status / 100 == 2)
                try await gateway.snapshots.load()
                let request = try await sent(
                    #"""
                    {"topic": "a", "method": "PUT", "headers": {"X-Kind": "big"}, "ordering_key": "o1",
                     "body": {"a": {"b": 7}, "tenant": "b"}}
                    """#, gateway)
                #expect((request.to == ["one"]) == fits, "\(rule)")
            }
        }
    }

    @Test func whatIsWrongIsToldByMember() async throws {
        try await withGateway { gateway in
            for (flag, words) in [
                ("{}", "flag.key is missing"), (#"{"key": "a/b"}"#, "flag.key"), ("[]", "flag must be an object"),
                (#"{"key": "f", "otherwise": "maybe"}"#, "flag.otherwise must be one of deliver, skip"),
                (#"{"key": "f", "environment": "A"}"#, "flag.environment"),
                (#"{"key": "f", "attributes": {"tenant": "method"}}"#, "flag.attributes.tenant"),
                (#"{"key": "f", "attributes": {"x": "colour"}}"#, "body.NAME"),
                (#"{"key": "f", "attributes": {"x": "body."}}"#, "body.NAME"),
                (#"{"key": "f", "attributes": {"x": 1}}"#, "flag.attributes.x must be a string"),
            ] {
                let answer = try await gateway.call(
                    "POST", "/v1/routes", #"{"name": "r", "topic": "a", "destination": "hook", "flag": \#(flag)}"#)
                #expect(answer.problem == "invalid-route" && answer.text.contains(words), "\(answer.text)")
            }
        }
    }

    @Test(arguments: [(16, 201), (17, 422)])
    func aRouteNamesSoManyAttributes(_ count: Int, _ status: Int) async throws {
        try await withGateway { gateway in
            let attributes = (0..<count).map { #""a\#($0)": "body.a.b.c.d.e.f.g.h""# }.joined(separator: ",")
            let answer = try await gateway.call(
                "POST", "/v1/routes",
                #"{"name": "r", "topic": "a", "destination": "hook", "flag": {"key": "f", "attributes": {\#(attributes)}}}"#
            )
            #expect(answer.status == status, "\(answer.text)")
        }
    }

    /// The claim tells the worker on which side of a rollout a delivery is.
    @Test func aRolloutsSideIsStampedAndClaimed() async throws {
        let rule = #"{"if": [{"==": [{"var": "destination"}, "one"]}, "on", "off"]}"#
        try await withRoute(#"{"key": "f"}"#) { gateway in
            let definition = Gateway.onOff.replacing(#""def"#, with: #""targeting": {"$ref": "rollout/f"}, "def"#)
            try await gateway.putFlag("f", definition)
            let rollout = RolloutID.new()
            _ = try await gateway.client.execute(
                .init(
                    """
                    UPDATE sluice.flag SET evaluator = '\(rule)', rollout = jsonb_build_object(
                        'id', '\(rollout)', 'step', 2, 'unit', 'destination', 'control', 'off', 'treatment', 'on')
                    """))
            _ = try await gateway.client.execute(
                .init("SELECT sluice.config_changed('flag_set', shard, tenant_id, set_id) FROM sluice.flag_set"))
            try await gateway.snapshots.load()
            let sent = try await sent(#"{"topic": "a", "body": 1}"#, gateway)
            #expect(sent.to == ["one"])
            let stamp = sent.stamps.first?["rollout"] as? [String: Any]
            #expect(stamp?["treatment"] as? Bool == true && stamp?["unit"] as? String == "one")
            let shard = gateway.destination.lane.shard
            try await eventually {
                let claim = try await DeliveryStore(gateway.client).claim(
                    shard: shard, worker: .new(), limits: .init())
                guard let delivery = claim.deliveries.first else { return false }
                #expect(delivery.rollout == RolloutMark(rollout, step: 2, isTreatment: true, unit: "one"))
                return true
            }
        }
    }
}

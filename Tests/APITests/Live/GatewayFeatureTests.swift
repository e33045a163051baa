import FlagEngine
import JSON
import Tenants
import TestSupport
import Testing

@testable import API

/// What the operator's own flags switch.
@Suite struct GatewayFeatureTests {
    private func put(_ key: String, _ targeting: String, _ gateway: Gateway) async throws {
        let definition =
            #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on", "targeting": \#(targeting)}"#
        let flag = try CheckedFlag(key, try JSONValue(parsing: Array(definition.utf8)), for: nil)
        try await gateway.tenants.putFlag(flag, in: .gateway, by: FlagAuthor("operator"))
        try await gateway.snapshots.load()
    }

    @Test func ingestIsSwitchedOffForOneTenant() async throws {
        try await withGateway { gateway in
            #expect(try await gateway.send().status == 202)
            try await put("ingest", #"{"if": [{"==": [{"var": "tenant"}, "a"]}, "off"]}"#, gateway)
            for answer in [
                try await gateway.send(), try await gateway.post(#"{"destination": "hook", "body": 1}"#),
                try await gateway.send("POST", "/v1/events", ["Content-Type: application/cloudevents+json"]),
            ] {
                #expect(answer.status == 503 && answer["retry-after"] == "60")
                #expect(answer.problem == "feature-off")
            }
            #expect(try await gateway.send(key: gateway.otherKey).status == 202)
            // A tenant does not see the gateway's flags, nor change them.
            #expect(try await gateway.call("GET", "/v1/environments/gateway").status == 404)
            try await gateway.tenants.killFlag("ingest", in: .gateway, by: FlagAuthor("operator"))
            try await gateway.snapshots.load()
            #expect(try await gateway.send().status == 202, "a flag that decides nothing leaves the gateway as it is")
        }
    }

    @Test func nobodyWaitsWhereWaitingIsOff() async throws {
        try await withGateway { gateway in
            try await put("wait", #"{"if": [true, "off"]}"#, gateway)
            let answer = try await gateway.send("POST", "/in/hook", ["Prefer: wait=20"])
            #expect(answer.status == 202 && answer["preference-applied"] == nil)
        }
    }
}

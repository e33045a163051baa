import Postgres
import TestSupport
import Testing

@testable import API

@Suite struct CircuitTests {
    private func command(
        _ gateway: Gateway, _ word: String, _ body: String, to destination: String = "hook"
    ) async throws -> Answer {
        try await gateway.send(
            "POST", "/v1/destinations/\(destination)/circuit/\(word)", ["Content-Type: application/json"],
            body: Array(body.utf8))
    }

    @Test func aTenantSeesAndSteersItsCircuit() async throws {
        try await withGateway { gateway in
            #expect(
                try await gateway.send("GET", "/v1/circuits").text.contains(#""destination":"hook","state":"closed""#))
            let paused = try await command(
                gateway, "pause", #"{"reason": "works on the \"line\"", "until": "2099-01-01T00:00:00Z"}"#)
            #expect(paused.status == 200)
            #expect(paused.text.contains(#""mode":"forced_open""#))
            #expect(paused.text.contains(#""mode_reason":"works on the \"line\"""#))
            #expect(paused.text.contains(#""mode_until":"2099-01-01T00:00:00.000000Z""#))
            let gates = try await gateway.client.query(
                Statement("SELECT gate::text FROM sluice.lane ORDER BY lane_id"))
            let words = try gates.map { try $0.decode(0, as: String.self) }
            #expect(words == ["hold", "pass"])

            #expect(try await gateway.send(body: Array("held".utf8)).status == 202)
            let held = try await gateway.send("GET", "/v1/destinations/hook/circuit")
            #expect(held.text.contains(#""waiting":1"#))
            #expect(try await command(gateway, "resume", #"{"reason": "done"}"#).status == 200)
            // What waited is armed by the command.
            try await eventually {
                try await gateway.client.query(Statement("SELECT armed FROM sluice.lane ORDER BY lane_id"))[0]
                    .decode(0)
            }
        }
    }

    @Test func anotherTenantSeesNothingOfIt() async throws {
        try await withGateway { gateway in
            _ = try await command(gateway, "pause", #"{"reason": "mine"}"#)
            let other = try await gateway.send("GET", "/v1/circuits", key: gateway.otherKey)
            #expect(other.text.contains(#""mode":"auto""#) && !other.text.contains("mine"))
        }
    }

    @Test(arguments: [
        ("pause", #"{}"#, 400, "invalid-request"), ("pause", #"{"reason": ""}"#, 400, "invalid-request"),
        ("pause", #"{"reason": 1}"#, 400, "invalid-request"), ("pause", "[", 400, "invalid-request"),
        ("pause", #"{"reason": "x""#, 400, "invalid-json"),
        ("pause", #"{"reason": "x", "deliveries": 1}"#, 400, "invalid-request"),
        ("pause", #"{"reason": "x", "until": "soon"}"#, 400, "invalid-request"),
        ("limit", #"{"reason": "x", "deliveries": 0}"#, 400, "invalid-request"),
        ("probe", #"{"reason": "x"}"#, 409, "circuit-state"), ("explode", #"{"reason": "x"}"#, 404, "not-found"),
    ])
    func aBadCommandChangesNothing(_ word: String, _ body: String, status: Int, type: String) async throws {
        try await withGateway { gateway in
            let answer = try await command(gateway, word, body)
            #expect(answer.status == status)
            #expect(answer.text.contains("/problems/\(type)"))
            let epochs = try await gateway.client.query(Statement("SELECT max(epoch) FROM sluice.circuit"))
            let epoch: Int64 = try epochs[0].decode(0)
            #expect(epoch == 1)
        }
    }

    @Test func anUnknownDestinationIsTold() async throws {
        try await withGateway { gateway in
            let unknown = try await command(gateway, "pause", #"{"reason": "x"}"#, to: "nix")
            #expect(unknown.status == 404)
            #expect(try await gateway.send("GET", "/v1/destinations/nix/circuit").status == 404)
            #expect(try await gateway.send("DELETE", "/v1/destinations/hook/circuit").status == 405)
        }
    }
}

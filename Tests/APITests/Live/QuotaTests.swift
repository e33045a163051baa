import Foundation
import Postgres
import Tenants
import TestSupport
import Testing

@testable import API

@Suite struct QuotaTests {
    private func withQuotas(
        _ quotas: Quotas.Change, _ configuration: APIConfiguration = APIConfiguration(),
        _ body: (Gateway) async throws -> Void
    ) async throws {
        try await withGateway(configuration) { gateway in
            try await gateway.tenants.changeQuotas(quotas, of: "a")
            try await gateway.snapshots.load()
            try await body(gateway)
        }
    }

    @Test func aRateIsToldAndHeld() async throws {
        try await withQuotas(["ingest_rate": 0.01, "ingest_burst": 3]) { gateway in
            for left in [2, 1, 0] {
                let answer = try await gateway.send()
                #expect(answer.status == 202)
                #expect(answer["ratelimit-policy"] == #""ingest";q=3;w=300"#)
                #expect(answer["ratelimit"]?.hasPrefix("\"ingest\";r=\(left);t=") == true)
            }
            let refused = try await gateway.send(body: [1, 2, 3])
            #expect(refused.status == 429 && refused.problem == "rate-exceeded")
            #expect(refused["ratelimit"]?.hasPrefix(#""ingest";r=0;t="#) == true)
            #expect(1...100 ~= Int(refused["retry-after"] ?? "") ?? 0)
            #expect(try await gateway.post(#"{"destination": "hook", "body": 1}"#).status == 429)
            #expect(try await gateway.count() == 3)
            let other = try await gateway.send(key: gateway.otherKey)
            #expect(other.status == 202 && other["ratelimit"] == nil)
        }
    }

    @Test func aBatchTakesAsManyAsItHas() async throws {
        try await withQuotas(["ingest_rate": 0.01, "ingest_burst": 5]) { gateway in
            let line = #"{"destination": "hook", "body": 1}"# + "\n"
            let first = try await gateway.post("application/x-ndjson", String(repeating: line, count: 4))
            #expect(first.status == 202 && first["ratelimit"]?.hasPrefix(#""ingest";r=1;"#) == true)
            #expect(try await gateway.post("application/x-ndjson", String(repeating: line, count: 2)).status == 429)
            #expect(try await gateway.send().status == 202)
            #expect(try await gateway.count() == 5)
        }
    }

    /// Each of several processes gives its part.
    @Test func processesShareARate() async throws {
        try await withQuotas(["ingest_rate": 0.03, "ingest_burst": 6], .with { $0.processes = 3 }) { gateway in
            let first = try await gateway.send()
            #expect(first["ratelimit-policy"] == #""ingest";q=2;w=200"#)
            #expect(try await gateway.send().status == 202)
            #expect(try await gateway.send().status == 429)
        }
    }

    @Test func aBodyIsBoundedByTheTenant() async throws {
        try await withQuotas(["max_body_bytes": 10]) { gateway in
            #expect(try await gateway.send(body: [UInt8](repeating: 1, count: 10)).status == 202)
            let long = try await gateway.send(body: [UInt8](repeating: 1, count: 11))
            #expect(long.status == 413 && long.text.contains("10 bytes"))
            let envelope = #"{"destination": "hook", "body_text": "\#(String(repeating: "a", count: 11))"}"#
            #expect(try await gateway.post(envelope).status == 413)
            let other = try await gateway.send(key: gateway.otherKey, body: [UInt8](repeating: 1, count: 11))
            #expect(other.status == 202)
        }
    }

    @Test func noMoreWaitsThanMay() async throws {
        try await withQuotas(["max_waiting": 5]) { gateway in
            // The first ones ask for the count; once it is known, the limit holds to the request.
            try await eventually {
                let answer = try await gateway.send()
                if answer.status == 202 { return false }
                #expect(answer.status == 429 && answer.problem == "quota-exceeded")
                #expect(answer["ratelimit-policy"] == #""waiting";q=5"# && answer["ratelimit"] == #""waiting";r=0"#)
                #expect(1...5 ~= Int(answer["retry-after"] ?? "") ?? 0)
                return true
            }
            let stored = try await gateway.count()
            #expect(try await gateway.send().status == 429)
            #expect(try await gateway.count() == stored)
            let usage = try await gateway.send("GET", "/v1/usage").json
            #expect(usage["waiting"] as? Int64 == stored && usage["in_flight"] as? Int == 0)
            #expect((usage["quotas"] as? [String: Any])?["max_waiting"] as? Int == 5)
            // What was delivered makes room, at the next count.
            _ = try await gateway.client.execute(Statement("DELETE FROM sluice.ready"))
            try await eventually { try await gateway.send().status == 202 }
        }
    }
}

import Foundation
import Tenants
import TestSupport
import Testing

@testable import API

/// The stream that tells clients that flags have changed. The limits of time are for a stream that says nothing; they count
/// the wait for a database as well.
@Suite struct FlagStreamTests {
    private static let quick = APIConfiguration.with { $0.streamJitter = .milliseconds(1) }

    private func target(_ gateway: Gateway, as key: APIKey? = nil) async throws -> String {
        let streams = try await gateway.evaluate(as: key).json["eventStreams"] as? [[String: Any]]
        let endpoint = try #require(streams?.first?["endpoint"] as? [String: String])
        #expect(streams?.first?["type"] as? String == "sse" && endpoint["origin"] == nil)
        return try #require(endpoint["requestUri"])
    }

    /// Without a key: browsers can't send one here.
    private func open(_ target: String, _ gateway: Gateway, _ headers: [String] = []) async throws -> RawConnection {
        let connection = try await gateway.connect()
        try await connection.send(gateway.head("GET", target, headers))
        return connection
    }

    @Test(.timeLimit(.minutes(5))) func aChangeIsToldOnce() async throws {
        try await withGateway(Self.quick) { gateway in
            try await gateway.putFlag("f")
            let target = try await target(gateway)
            #expect(try await self.target(gateway) == target, "a URL that changes makes clients reconnect")
            let stream = try await open(target, gateway)
            let head = try await stream.text(upTo: "\r\n\r\n")
            #expect(head.contains("200 OK") && head.lowercased().contains("text/event-stream"))
            _ = try await stream.text(upTo: ": open\n\n")
            _ = try await gateway.call("POST", "\(Gateway.flags)/f/kill")
            try await gateway.snapshots.load()
            let event = try await stream.text(upTo: "\n\n")
            #expect(event.contains("id: 2\n") && event.contains(#""type":"refetchEvaluation""#))
            // Who has heard of a version is not answered from an older one.
            let evaluated = try await gateway.send(
                "POST", "/ofrep/v1/evaluate/flags?flagConfigEtag=%222%22&flagConfigLastModified=1")
            #expect(evaluated.status == 200 && evaluated.text.contains("DISABLED"))
        }
    }

    @Test(.timeLimit(.minutes(5))) func whoHasMissedSomethingIsToldAtOnce() async throws {
        try await withGateway(Self.quick) { gateway in
            for key in ["f", "g"] { try await gateway.putFlag(key) }
            let stream = try await open(try await target(gateway), gateway, ["Last-Event-ID: 1"])
            #expect(try await stream.text(upTo: "\n\n\r\n").contains("id: 2\n"))
        }
    }

    @Test(.timeLimit(.minutes(5))) func anAnswerWaitsForFlagsThatTheCallerHasHeardOf() async throws {
        try await withGateway(Self.quick) { gateway in
            try await gateway.putFlag("f")
            _ = try await gateway.call("POST", "\(Gateway.flags)/f/kill")
            async let answer = gateway.send("POST", "/ofrep/v1/evaluate/flags?flagConfigEtag=%222%22")
            try await gateway.snapshots.load()
            #expect(try await answer.text.contains("DISABLED"))
            // Of a version that never comes it gives up.
            #expect(try await gateway.send("POST", "/ofrep/v1/evaluate/flags?flagConfigEtag=%2299%22").status == 200)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aTokenEndsWithItsKey() async throws {
        try await withGateway(Self.quick) { gateway in
            try await gateway.putFlag("f")
            let key = APIKey.new()
            let tenant = try await gateway.tenants.requireTenant(named: "a")
            let id = try await gateway.tenants.createKey(
                key, label: "", scopes: Scopes(.flagsClient), tenant: tenant.id, shard: tenant.shard)
            try await gateway.snapshots.load()
            let target = try await target(gateway, as: key)
            #expect(!target.contains(key.text))
            let stream = try await open(target, gateway)
            _ = try await stream.text(upTo: ": open\n\n")
            for bad in [target.dropLast() + "x", "/ofrep/v1/sse", "/ofrep/v1/sse?token=", "/ofrep/v1/sse?token=a.b"] {
                let connection = try await open(String(bad), gateway)
                #expect(try await connection.answer().status == 401, "\(bad)")
            }
            #expect(try await gateway.tenants.revokeKey(id, tenant: tenant.id, shard: tenant.shard))
            try await gateway.snapshots.load()
            _ = try await stream.text(upTo: "0\r\n\r\n")
            let connection = try await open(target, gateway)
            #expect(try await connection.answer().status == 401)
        }
    }

    @Test(.timeLimit(.minutes(5))) func streamsEndWithTheGateway() async throws {
        try await withGateway(Self.quick) { gateway in
            try await gateway.putFlag("f")
            let stream = try await open(try await target(gateway), gateway)
            _ = try await stream.text(upTo: ": open\n\n")
            await gateway.stop()
            _ = try await stream.text(upTo: "0\r\n\r\n")
        }
    }
}

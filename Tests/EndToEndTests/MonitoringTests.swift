import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Sink
import TestSupport
import Testing

/// What an operator sees of live processes: metrics that Prometheus' own tool finds nothing to say about, traces that go
/// through, and logs that programs can read.
struct MonitoringTests {
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    private static let state = "vendor=opaque,other=1"

    @Test(.timeLimit(.minutes(5))) func operatorsSeeWhatHappens() async throws {
        let (spans, received) = (Shared<[Span]>([]), Shared<[Received]>([]))
        let collector = try await Sink.start { request in
            guard request.uri == "/v1/traces", request.header("api-key") == "k",
                let posted = try? Span.all(request.body)
            else { return .status(400) }
            spans.update { $0 += posted }
            return .ok
        }
        let destination = try await Sink.start { request in
            received.update { $0.append(request) }
            return .ok
        }
        do {
            try await observe(collector, destination, spans, received)
        } catch {
            await collector.stop()
            await destination.stop()
            throw error
        }
        await collector.stop()
        await destination.stop()
    }

    private func observe(
        _ collector: Sink, _ destination: Sink, _ spans: Shared<[Span]>, _ received: Shared<[Received]>
    ) async throws {
        try await withDatabase { database in
            try await withProcesses { processes in
                let site = try await Installation(
                    processes, database: database.connectionString, destination: destination.url + "/hooks")
                let port = try freePort()
                let settings = [
                    "SLUICE_OTLP_ENDPOINT": collector.url, "SLUICE_OTLP_HEADERS": "api-key: k",
                    "SLUICE_LOG_FORMAT": "json", "SLUICE_LOG_LEVEL": "info",
                ]
                let (gateway, caller) = try await site.serve(settings)
                let worker = try site.work(settings.merging(["SLUICE_METRICS_PORT": "\(port)"]) { $1 })
                let traced = try await caller.post(
                    "/in/sink/traced", Array("a".utf8),
                    headers: [("traceparent", Self.parent), ("tracestate", Self.state)]
                ).id()
                let begun = try await caller.post("/in/sink/begun", Array("b".utf8)).id()
                let envelope = try await caller.post(
                    "/v1/requests", Array(#"{"destination": "sink", "path": "/envelope", "body": 1}"#.utf8),
                    headers: [("Content-Type", "application/json"), ("traceparent", Self.parent)]
                ).id()
                try await eventually { spans.value.count >= 6 && received.value.count >= 3 }
                try expectOneTrace(of: traced, spans.value, received.value, parent: true)
                try expectOneTrace(of: begun, spans.value, received.value, parent: false)
                try expectOneTrace(of: envelope, spans.value, received.value, parent: true)
                #expect(received.value.first { $0.uri == "/hooks/traced" }?.header("tracestate") == Self.state)

                let ofAPI = try await scrape(caller.url + "/metrics")
                #expect(ofAPI.contains("\nsluice_requests_accepted_total 3\n"))
                #expect(ofAPI.contains("sluice_ingest_seconds_count{door=\"/in/{destination}/{path}\"} 2\n"))
                var ofWorker = ""
                // The leader has taken a sample, and the worker has read it.
                try await eventually(within: .seconds(60)) {
                    ofWorker = try await scrape("http://127.0.0.1:\(port)/metrics")
                    return ofWorker.contains("sluice_tenant_deliveries_waiting{tenant=\"acme\"} 0\n")
                        && ofWorker.contains("\nsluice_listener_lag_seconds ")
                }
                #expect(ofWorker.contains("\nsluice_outcomes_total{verdict=\"delivered\"} 3\n"))
                #expect(ofWorker.contains("\nsluice_postgres_partitions_ahead "))
                #expect(!ofAPI.contains("acme"))
                for text in [ofAPI, ofWorker] { try await expectNothingSaid(about: text, processes) }
                #expect(try await scrape("http://127.0.0.1:\(port)/readyz") == "ok\n")

                for process in [gateway, worker] {
                    _ = try await process.terminate()
                    for line in process.errors.split(separator: "\n") {
                        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                        for name in ["time", "level", "message"] { #expect(object?[name] != nil, "\(line)") }
                    }
                    #expect(!process.errors.contains(site.key))
                }
            }
        }
    }

    /// From the capture, in one process, to the delivery, in another, and on to the destination.
    private func expectOneTrace(of id: String, _ spans: [Span], _ received: [Received], parent: Bool) throws {
        let ofRequest = spans.filter { $0["sluice.request_id"] == id }
        let ingest = try #require(ofRequest.first { $0.name == "ingest" })
        let deliver = try #require(ofRequest.first { $0.name == "deliver" })
        #expect(ofRequest.count == 2)
        #expect(deliver.traceId == ingest.traceId && deliver.parentSpanId == ingest.spanId)
        #expect(ingest.traceId == (parent ? "0af7651916cd43dd8448eb211c80319c" : id.replacing("-", with: "")))
        #expect(ingest.parentSpanId == (parent ? "b7ad6b7169203331" : nil))
        #expect(deliver["http.response.status_code"] == "200")
        #expect(deliver["sluice.destination"] == "sink")
        let arrived = try #require(received.first { $0.header("sluice-request-id") == id })
        #expect(arrived.header("traceparent") == "00-\(ingest.traceId)-\(deliver.spanId)-01")
    }

    private func scrape(_ url: String) async throws -> String {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
        #expect(response.status == .ok)
        return String(buffer: try await response.body.collect(upTo: 1 << 20))
    }

    /// scripts/install.sh installs promtool, with Debian's package prometheus.
    private func expectNothingSaid(about text: String, _ processes: Processes) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let check = try processes.start(
            ["-c", #"exec promtool check metrics <"$1""#, "sh", file.path], program: URL(fileURLWithPath: "/bin/sh"))
        let status = try await check.ended()
        #expect(status == 0, "promtool: \(check.output)\(check.errors)")
    }
}

/// As an OTLP collector gets it in JSON.
private struct Span: Decodable, Sendable {
    struct Attribute: Decodable {
        struct Value: Decodable {
            let stringValue: String?
            let intValue: String?
        }
        let key: String
        let value: Value
    }

    let traceId, spanId, name: String
    let parentSpanId: String?
    let attributes: [Attribute]

    subscript(name: String) -> String? {
        attributes.first { $0.key == name }.flatMap { $0.value.stringValue ?? $0.value.intValue }
    }

    static func all(_ document: [UInt8]) throws -> [Span] {
        struct Document: Decodable {
            struct Resource: Decodable {
                struct Scope: Decodable { let spans: [Span] }
                let scopeSpans: [Scope]
            }
            let resourceSpans: [Resource]
        }
        let resources = try JSONDecoder().decode(Document.self, from: Data(document)).resourceSpans
        return resources.flatMap(\.scopeSpans).flatMap(\.spans)
    }
}

import HTTPTypes
import HummingbirdCore
import JSON
import NIOCore
import Postgres

/// What a stream tells: that all flags should be evaluated again.
struct FlagStreamEvent {
    let version: Int64
    let at: Timestamp

    /// Server-sent events; https://html.spec.whatwg.org/multipage/server-sent-events.html.
    var text: String {
        let data = JSONWriter.text { writer in
            writer.object { writer in
                writer.member("type", "refetchEvaluation")
                writer.member("etag", "\"\(version)\"")
                writer.name("lastModified")
                writer.number(at.microseconds / 1_000_000)
            }
        }
        return "id: \(version)\nevent: message\ndata: \(data)\n\n"
    }

    /// Of `flagConfigEtag`, with which a client comes back that has heard of a change; nil: there is none of ours.
    static func version(inQuery query: Substring) -> Int64? {
        guard let query = try? Query(lenient: query, reading: ["flagConfigEtag"]) else { return nil }
        return query["flagConfigEtag"].flatMap { Int64($0.filter { $0 != "\"" }) }
    }
}

extension OFREPAnswer {
    static func stream(_ listener: FlagStreams.Listener, jitter: Duration) -> Answer {
        Answer(
            .ok, [.contentType: "text/event-stream", .cacheControl: "no-store"]
        ) { writer in
            var told = listener.last ?? listener.version
            if told == listener.version {
                try await writer.write(ByteBuffer(string: ": open\n\n"))
            } else {
                told = listener.version
                try await writer.write(ByteBuffer(string: FlagStreamEvent(version: told, at: .now).text))
            }
            for await version in listener.versions {
                guard version != told else {
                    try await writer.write(ByteBuffer(string: ": beat\n\n"))
                    continue
                }
                // All streams hear of it at once, and their clients must not all come back at once.
                try await Task.sleep(for: jitter * .random(in: 0..<1))
                told = version
                try await writer.write(ByteBuffer(string: FlagStreamEvent(version: version, at: .now).text))
            }
        }
    }
}

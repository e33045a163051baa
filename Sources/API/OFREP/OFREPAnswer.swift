import Crypto
import FlagEngine
import FoundationEssentials
import HTTPTypes
import JSON
import NIOCore
import Tenants

/// Answers as all stock clients understand them: some fail without `variant` or `metadata`, on a null, or on an error without
/// details; docs/flags.md has the list.
enum OFREPAnswer {
    static func one(_ evaluation: Evaluation) -> Answer {
        var writer = JSONWriter()
        writer.evaluation(evaluation)
        return Answer(status(evaluation), json: writer)
    }

    /// 304 where the caller has it already.
    ///
    /// - Parameters:
    ///   - stream: the token of the stream that tells of changes.
    ///   - known: `If-None-Match`.
    static func all(_ evaluations: [Evaluation], metadata: JSONObject, stream: String, unless known: String?) -> Answer
    {
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("flags")
            writer.array { writer in
                for evaluation in evaluations { writer.evaluation(evaluation) }
            }
            writer.name("metadata")
            writer.value(.object(metadata))
            writer.name("eventStreams")
            writer.array { writer in
                writer.object { writer in
                    writer.member("type", "sse")
                    writer.name("endpoint")
                    writer.object { $0.member("requestUri", "/ofrep/v1/sse?token=" + stream) }
                    writer.name("inactivityDelaySec")
                    writer.number(120)
                }
            }
        }
        let tag = "\"" + Data(SHA256.hash(data: writer.bytes)).base64URL + "\""
        if let known, EntityTags(known).contains(tag) {
            return Answer(.notModified, [.eTag: tag], body: ByteBuffer()).withoutLength
        }
        var answer = Answer(.ok, json: writer)
        answer.head.headerFields[.eTag] = tag
        return answer
    }

    static func refusal(_ status: HTTPResponse.Status, key: String?, code: StaticString, _ details: String) -> Answer {
        var writer = JSONWriter()
        writer.object { writer in
            if let key { writer.member("key", key) }
            writer.member("errorCode", code.description)
            writer.member("errorDetails", details)
        }
        return Answer(status, json: writer)
    }

    /// Any page may ask: what counts is the key, which no browser sends by itself.
    static func forBrowsers(_ answer: Answer) -> Answer {
        var answer = answer
        answer.head.headerFields[.accessControlAllowOrigin] = "*"
        answer.head.headerFields[.accessControlExposeHeaders] = "ETag, Retry-After"
        return answer
    }

    static var preflight: Answer {
        var answer = forBrowsers(Answer.noContent)
        answer.head.headerFields[.accessControlAllowMethods] = "POST, GET, OPTIONS"
        answer.head.headerFields[.accessControlAllowHeaders] =
            "content-type, authorization, x-api-key, sluice-key, if-none-match, last-event-id"
        // A day, which is as long as browsers take.
        answer.head.headerFields[.accessControlMaxAge] = "86400"
        return answer
    }

    private static func status(_ evaluation: Evaluation) -> HTTPResponse.Status {
        guard let failure = evaluation.failure else { return .ok }
        return failure.code == .flagNotFound ? .notFound : .badRequest
    }
}

extension JSONWriter {
    fileprivate mutating func evaluation(_ evaluation: Evaluation) {
        object { writer in
            writer.member("key", evaluation.key)
            if let failure = evaluation.failure {
                writer.member("errorCode", failure.code.rawValue)
                writer.member("errorDetails", failure.details)
            } else {
                writer.member("reason", evaluation.reason.rawValue)
                writer.member("variant", evaluation.variant ?? "")
                if let value = evaluation.value {
                    writer.name("value")
                    writer.value(value)
                }
            }
            writer.name("metadata")
            writer.value(.object(evaluation.metadata))
        }
    }
}

/// The tags of `If-None-Match`: quoted or not, weak or not, as clients have them.
struct EntityTags {
    private let tags: [Substring]
    private let isAny: Bool

    init(_ field: String) {
        tags = field.split(separator: ",").map { item in
            let tag = item.drop { $0 == " " || $0 == "\t" }
            return (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag).filter { !" \t\"".contains($0) }[...]
        }
        isAny = tags == ["*"]
    }

    /// - Parameter tag: in quotes.
    func contains(_ tag: String) -> Bool { isAny || tags.contains(tag.dropFirst().dropLast()) }
}

extension Answer {
    /// RFC 9110, section 15.4.5: a 304 has none of its own.
    fileprivate var withoutLength: Answer {
        var answer = self
        answer.head.headerFields[.contentLength] = nil
        return answer
    }
}

import CoreMetrics
package import HTTPTypes
import JSON
import Model
import NIOCore
import Tenants

/// An error as its caller gets it (RFC 9457). The detail says what was wrong, where, and what to do.
package struct Problem: Error, Sendable {
    package let kind: ProblemKind
    package let detail: String
    package var fields: HTTPFields = [:]
    /// The request whose outcome is not known.
    var request: RequestID?
    /// Members of the body that are at fault.
    var faults: [InvalidDocument.Fault] = []
    /// Under this the log has what the caller is not told.
    package var reference: String?

    package init(_ kind: ProblemKind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    init(_ kind: ProblemKind, _ faults: [InvalidDocument.Fault]) {
        self.init(kind, InvalidDocument(faults: faults).description + ".")
        self.faults = faults
    }

    /// Seconds after which another try makes sense.
    package func retry(after seconds: Int) -> Problem {
        var problem = self
        problem.fields[.retryAfter] = String(seconds)
        return problem
    }

    var answer: Answer {
        var writer = JSONWriter()
        write(to: &writer)
        var fields = fields
        fields[.contentType] = "application/problem+json"
        return Answer(kind.status, fields, body: ByteBuffer(bytes: writer.bytes))
    }

    /// Each problem is told once, and counted as it is.
    func write(to writer: inout JSONWriter) {
        kind.refusals?.increment()
        writer.object { writer in
            writer.name("type")
            writer.string("/problems/" + kind.rawValue)
            writer.name("title")
            writer.string(kind.title)
            writer.name("status")
            writer.number(kind.status.code)
            writer.name("detail")
            writer.string(detail)
            if let request {
                writer.name("request_id")
                writer.string(request.description)
            }
            if !faults.isEmpty {
                writer.name("errors")
                writer.array { writer in
                    for fault in faults {
                        writer.object { writer in
                            writer.member("field", fault.path)
                            writer.member("problem", fault.problem)
                        }
                    }
                }
            }
            if let reference {
                writer.name("instance")
                writer.string("urn:uuid:" + reference)
            }
        }
    }
}

extension Problem {
    static func unauthorized(_ detail: String, challenge: String) -> Problem {
        var problem = Problem(.unauthorized, detail)
        problem.fields[.wwwAuthenticate] = challenge
        return problem
    }

    static func methodNotAllowed(_ allowed: String) -> Problem {
        var problem = Problem(.methodNotAllowed, "This resource answers \(allowed).")
        problem.fields[.allow] = allowed
        return problem
    }

    static func payloadTooLarge(limit: Int) -> Problem {
        Problem(.payloadTooLarge, "A body may have \(limit) bytes.")
    }

    package static func unknownDestination(_ name: some StringProtocol) -> Problem {
        Problem(.unknownDestination, "This tenant has no destination named \"\(name.prefix(80))\".")
    }
}

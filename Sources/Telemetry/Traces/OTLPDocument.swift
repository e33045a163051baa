import JSON
import Tracing

/// Spans as OTLP has them in JSON: protocol buffers' JSON mapping, but ids in hex and enumerations as numbers.
struct OTLPDocument {
    private(set) var bytes: [UInt8] = []

    init(_ spans: [RecordedSpan.Record], of resource: [(name: String, value: String)]) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("resourceSpans")
            writer.array { writer in
                writer.object { writer in
                    writer.name("resource")
                    writer.object { writer in
                        writer.name("attributes")
                        writer.array { writer in
                            for (name, value) in resource { writer.attribute(name, .string(value)) }
                        }
                    }
                    writer.name("scopeSpans")
                    writer.array { writer in
                        writer.object { writer in
                            writer.name("scope")
                            writer.object { $0.member("name", "sluice") }
                            writer.name("spans")
                            writer.array { writer in
                                for span in spans { writer.span(span) }
                            }
                        }
                    }
                }
            }
        }
        bytes = writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func span(_ span: RecordedSpan.Record) {
        object { writer in
            writer.member("traceId", span.context.trace.description)
            writer.member("spanId", span.context.spanText)
            if let parent = span.parent {
                writer.member(
                    "parentSpanId", TraceContext(trace: span.context.trace, span: parent, isSampled: true).spanText)
            }
            writer.member("name", span.name)
            writer.name("kind")
            writer.number(span.kind.number)
            // 64-bit numbers are texts in JSON.
            writer.member("startTimeUnixNano", String(span.start))
            writer.member("endTimeUnixNano", String(span.end ?? span.start))
            writer.attributes(span.attributes)
            writer.name("events")
            writer.array { writer in
                for event in span.events {
                    writer.object { writer in
                        writer.member("timeUnixNano", String(event.nanosecondsSinceEpoch))
                        writer.member("name", event.name)
                        writer.attributes(event.attributes)
                    }
                }
            }
            writer.name("links")
            writer.array { writer in
                for link in span.links { writer.link(link) }
            }
            if let status = span.status { writer.status(status) }
        }
    }

    private mutating func link(_ link: SpanLink) {
        guard let context = link.context.trace else { return }
        object { writer in
            writer.member("traceId", context.trace.description)
            writer.member("spanId", context.spanText)
            writer.attributes(link.attributes)
        }
    }

    private mutating func status(_ status: SpanStatus) {
        name("status")
        object { writer in
            writer.name("code")
            writer.number(status.code == .ok ? 1 : 2)
            if let message = status.message { writer.member("message", message) }
        }
    }

    private mutating func attributes(_ attributes: SpanAttributes) {
        name("attributes")
        array { writer in
            attributes.forEach({ writer.attribute($0, $1) })
        }
    }

    fileprivate mutating func attribute(_ name: String, _ value: SpanAttribute) {
        object { writer in
            writer.member("key", name)
            writer.name("value")
            writer.object { writer in
                switch value {
                case .int64(let number): writer.member("intValue", String(number))
                case .int32(let number): writer.member("intValue", String(number))
                case .double(let number):
                    writer.name("doubleValue")
                    writer.number(number)
                case .bool(let bool):
                    writer.name("boolValue")
                    writer.bool(bool)
                case .string(let text): writer.member("stringValue", text)
                case .stringConvertible(let thing): writer.member("stringValue", "\(thing)")
                // The gateway has no lists.
                default: writer.member("stringValue", "\(value)")
                }
            }
        }
    }
}

extension SpanKind {
    fileprivate var number: Int {
        switch self {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}

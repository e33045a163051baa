import FoundationEssentials
import Glibc
import JSON
package import Logging

/// One JSON object a line, for programs that collect logs. Written with one system call, so that lines of threads, and of
/// processes that share a pipe, stay whole.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel = Logger.Level.notice
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameter write: gets whole lines; to standard error where it is not given.
    package init(
        metadataProvider: Logger.MetadataProvider? = nil,
        write: @escaping @Sendable ([UInt8]) -> Void = Self.toStandardError
    ) {
        self.metadataProvider = metadataProvider
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) { write(Self.line(event, facts(event), at: Date())) }

    /// What a call says goes before what the logger says, and that before the provider.
    private func facts(_ event: LogEvent) -> Logger.Metadata {
        (metadataProvider?.get() ?? [:]).merging(metadata) { $1 }.merging(event.metadata ?? [:]) { $1 }
    }

    static func line(_ event: LogEvent, _ facts: Logger.Metadata, at time: Date) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("time", time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
            writer.member("level", event.level.rawValue)
            writer.member("message", event.message.description)
            writer.member("source", event.source)
            if let error = event.error, facts["error"] == nil { writer.member("error", "\(error)") }
            for (name, value) in facts.sorted(by: { $0.key < $1.key }) where !Self.taken.contains(name) {
                writer.name(name)
                writer.fact(value)
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Names of members that a fact must not repeat.
    private static let taken: Set = ["time", "level", "message", "source"]

    package static let toStandardError: @Sendable ([UInt8]) -> Void = { line in
        var rest = line[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            // Nobody reads any more: a log is no reason to stop.
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func fact(_ value: Logger.Metadata.Value) {
        switch value {
        case .string(let text): string(text)
        case .stringConvertible(let thing): string("\(thing)")
        case .array(let values):
            array { writer in
                for value in values { writer.fact(value) }
            }
        case .dictionary(let values):
            object { writer in
                for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                    writer.name(name)
                    writer.fact(value)
                }
            }
        }
    }
}

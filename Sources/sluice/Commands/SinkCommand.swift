import ArgumentParser
import Foundation
import Sink
import UnixSignals

struct SinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sink",
        abstract: "Be a destination to play with: print what comes, and answer it.",
        discussion: "Listens on 127.0.0.1 only, to which `sluice up` delivers. Ctrl-C takes the destination down.")

    @Option(help: "Where it listens; 0 is any port that is free.")
    var port = 9000

    @Option(help: "The status of its answers.")
    var status = 200

    func validate() throws {
        guard 0...65_535 ~= port else { throw ValidationError("--port is \(port); it must be from 0 to 65535") }
        guard 200...599 ~= status else { throw ValidationError("--status is \(status); it must be from 200 to 599") }
    }

    func run() async throws {
        let reply = status == 200 ? Reply.ok : .status(status)
        let sink: Sink
        do {
            sink = try await Sink.start(port: port) { received in
                FileHandle.standardOutput.write(Data((received.line + "\n").utf8))
                return reply
            }
        } catch {
            throw CommandError("127.0.0.1:\(port) can't be listened on (\(error)); choose another with --port")
        }
        FileHandle.standardOutput.write(Data("listening on \(sink.url)\n".utf8))
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
        await sink.stop()
    }
}

extension Received {
    /// As a sink prints it: the head of the body, and whether a Standard Webhooks signature came with it.
    var line: String {
        let head = String(decoding: body.prefix(60), as: UTF8.self).filter { !$0.isNewline }
        let more = body.count > 60 ? "…" : ""
        let signed = header("webhook-signature") == nil ? "unsigned" : "signed"
        return "sink got \(method) \(uri) (\(body.count) bytes, \(signed)) \(head)\(more)"
    }
}

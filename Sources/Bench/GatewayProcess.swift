import Dispatch
import Foundation

/// A `sluice serve` or `sluice work` of its own, as it would run in production.
final class GatewayProcess: Sendable {
    private let process: Process
    /// Where the API listens; 0 for a worker.
    let port: Int

    /// Returns when the process serves. It is this executable, with another command.
    static func start(_ command: String, _ server: BenchServer, environment: [String: String] = [:]) async throws
        -> GatewayProcess
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [command]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "SLUICE_DATABASE_URL": server.connectionString, "SLUICE_PORT": "0", "SLUICE_HOST": "127.0.0.1",
            "SLUICE_SECRETS_KEY": Data(repeating: 7, count: 32).base64EncodedString(), "MALLOC_ARENA_MAX": "2",
            // The sinks are on this machine.
            "SLUICE_EGRESS_ALLOW": "127.0.0.0/8", "SLUICE_SERVE_DRAIN": "0",
        ]) { $1 }.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        guard command == "serve" else { return GatewayProcess(process, port: 0) }
        guard let port = await announcedPort(output.fileHandleForReading) else {
            throw BenchError("sluice \(command) ended before it listened")
        }
        return GatewayProcess(process, port: port)
    }

    private init(_ process: Process, port: Int) {
        self.process = process
        self.port = port
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Time of all cores that the process has used, in seconds.
    var processorSeconds: Double {
        let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)) ?? ""
        // proc(5): utime and stime are the 14th and 15th fields, in ticks; the second may have spaces.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 13, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident megabytes, now and at most.
    var memory: (now: Double, peak: Double) { residentMegabytes("\(process.processIdentifier)") }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The port of the line `listening on port N`; nil where the output ends before. Reads on a thread of Dispatch's.
private func announcedPort(_ output: FileHandle) async -> Int? {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            var text = ""
            while !text.contains("\n") {
                let data = output.availableData
                if data.isEmpty { break }
                text += String(decoding: data, as: UTF8.self)
            }
            let line = text.split(separator: "\n").first { $0.hasPrefix("listening on port ") }
            continuation.resume(returning: line.flatMap { Int($0.dropFirst(18)) })
        }
    }
}

private func residentMegabytes(_ process: String) -> (now: Double, peak: Double) {
    let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    func megabytes(_ key: String) -> Double {
        let line = status.split(separator: "\n").first { $0.hasPrefix(key) } ?? ""
        return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
    }
    return (megabytes("VmRSS:"), megabytes("VmHWM:"))
}

import Foundation
import Glibc
import Synchronization
import TestSupport

/// Processes of one test. None outlives it, however it ends.
final class Processes: Sendable {
    private let directory: URL
    private let started = Mutex<[GatewayProcess]>([])

    fileprivate init() throws {
        let name = "sluice-processes-\(UUID().uuidString)"
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    }

    /// - Parameter program: the gateway, where none is named.
    func start(
        _ arguments: [String], _ environment: [String: String] = [:], program: URL = executable
    ) throws -> GatewayProcess {
        let inherited = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("SLUICE_") && !$0.key.hasPrefix("PG")
        }
        let name = UUID().uuidString
        let process = try GatewayProcess(
            program, arguments, environment: inherited.merging(environment) { $1 },
            output: directory.appendingPathComponent("\(name).out"),
            errors: directory.appendingPathComponent("\(name).err"))
        started.withLock { $0.append(process) }
        try guardProcess(process.pid)
        return process
    }

    /// Runs a command to its end.
    func run(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> GatewayProcess {
        let process = try start(arguments, environment)
        _ = try await process.ended(within: .seconds(60))
        return process
    }

    /// Gently first: `sluice up` has a server to end.
    fileprivate func end() async {
        let processes = started.withLock { $0 }
        for process in processes { process.kill(SIGTERM) }
        for process in processes where (try? await process.ended(within: .seconds(30))) == nil {
            process.kill(SIGKILL)
            _ = try? await process.ended()
        }
        try? FileManager.default.removeItem(at: directory)
    }
}

func withProcesses<T>(_ body: (Processes) async throws -> T) async throws -> T {
    let processes = try Processes()
    do {
        let value = try await body(processes)
        await processes.end()
        return value
    } catch {
        await processes.end()
        throw error
    }
}

/// Ends the process when this one is killed, which runs no handlers.
private func guardProcess(_ pid: pid_t) throws {
    let guardian = Process()
    guardian.executableURL = URL(fileURLWithPath: "/bin/sh")
    guardian.arguments = ["-c", guardianScript, "guardian", "\(ProcessInfo.processInfo.processIdentifier)", "\(pid)"]
    guardian.standardInput = FileHandle.nullDevice
    guardian.standardOutput = FileHandle.nullDevice
    guardian.standardError = FileHandle.nullDevice
    try guardian.run()
}

/// $1 is the process to outlive, $2 the one to end.
private let guardianScript = """
    trap '' INT TERM HUP
    while kill -0 "$1"; do kill -0 "$2" || exit; sleep 1; done
    kill -TERM "$2"
    for second in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$2" || exit; sleep 1; done
    kill -KILL "$2"
    """

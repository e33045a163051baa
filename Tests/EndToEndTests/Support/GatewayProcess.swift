import Foundation
import Glibc
import Synchronization
import TestSupport

/// The program itself, as it would run in production.
final class GatewayProcess: Sendable {
    let pid: pid_t
    private let outputFile: URL
    private let errorFile: URL
    private let ending = Mutex<Int32?>(nil)

    /// Standard output and standard error go to files, not to pipes: those would block it when nobody reads.
    init(
        _ program: URL = executable, _ arguments: [String], environment: [String: String], output: URL, errors: URL
    ) throws {
        outputFile = output
        errorFile = errors
        pid = try spawn([program.path] + arguments, environment: environment, output: output, errors: errors)
    }

    /// The exit status, or the negative number of the signal that ended it; nil while it runs.
    var status: Int32? {
        ending.withLock { ending in
            var raw: Int32 = 0
            if ending == nil, waitpid(pid, &raw, WNOHANG) == pid {
                ending = raw & 0x7f == 0 ? raw >> 8 & 0xff : -(raw & 0x7f)
            }
            return ending
        }
    }

    var output: String { text(outputFile) }
    var errors: String { text(errorFile) }

    func kill(_ signal: Int32) {
        guard status == nil else { return }
        // Until it is waited for, no other process can have its number.
        ending.withLock { if $0 == nil { _ = Glibc.kill(pid, signal) } }
    }

    /// Asks it to end, by SIGTERM or SIGINT, and returns its status.
    func terminate(_ signal: Int32 = SIGTERM, within limit: Duration = .seconds(20)) async throws -> Int32 {
        kill(signal)
        return try await ended(within: limit)
    }

    func ended(within limit: Duration = .seconds(20)) async throws -> Int32 {
        do {
            try await eventually(within: limit) { status != nil }
        } catch {
            throw NeverHappened("process \(pid) goes on after \(limit); it said: \(output)\(errors)")
        }
        return status ?? 0
    }

    /// What follows the prefix in the first line of standard output that has it; waits for that line.
    func line(_ prefix: String, within limit: Duration = .seconds(30)) async throws -> String {
        var found: Substring?
        try await eventually(within: limit) {
            let isOver = status != nil
            let text = output
            let lines = text[..<(text.lastIndex(of: "\n") ?? text.startIndex)].split(separator: "\n")
            found = lines.first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count)
            if isOver, found == nil { throw NeverHappened("no line \"\(prefix)\" before the end: \(text)\(errors)") }
            return found != nil
        }
        return String(found ?? "")
    }
}

/// The build puts it beside the resources of the tests.
let executable = Bundle.module.bundleURL.deletingLastPathComponent().appendingPathComponent("sluice")

private func text(_ file: URL) -> String { String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self) }

/// Not by Foundation's `Process`: its child inherits the signals that the calling thread blocks.
private func spawn(
    _ words: [String], environment: [String: String], output: URL, errors: URL
) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let writing = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.path, writing, 0o600)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.path, writing, 0o600)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let arguments = words.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var pid = pid_t()
    let error = posix_spawn(&pid, words[0], &actions, &attributes, arguments, variables)
    guard error == 0 else { throw NeverHappened("\(words[0]) can't be run: error \(error)") }
    return pid
}

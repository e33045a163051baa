import Dispatch
import Foundation
import Glibc

/// PostgreSQL's own `initdb` and `pg_ctl`, and who runs them: PostgreSQL refuses to run as root.
package struct ServerPrograms: Sendable {
    /// Debian's name for the unprivileged user.
    private static let unprivilegedUser = "postgres"

    let folder: String
    /// nil: the user of this process.
    let user: String?

    /// On PATH, or where Debian keeps them, the newest version first.
    static func find() throws -> ServerPrograms {
        let path = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map(String.init) ?? []
        let debian = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? []
        let newestFirst = versions.compactMap { Int($0) }.sorted(by: >).map { "\(debian)/\($0)/bin" }
        let folder = (path + newestFirst).first { folder in
            ["initdb", "pg_ctl"].allSatisfy { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
        }
        guard let folder else {
            throw LocalServerError(
                "PostgreSQL's server programs (initdb, pg_ctl) are neither on PATH nor in \(debian). "
                    + "Install Debian's package postgresql, or give the URL of a database.")
        }
        // Where these are links, others of PostgreSQL's programs need not lie beside them.
        let home = URL(fileURLWithPath: "\(folder)/pg_ctl").resolvingSymlinksInPath().deletingLastPathComponent().path
        return ServerPrograms(folder: home, user: geteuid() == 0 ? unprivilegedUser : nil)
    }

    /// Makes the directory private to the user who runs the programs.
    package func own(_ directory: String) throws {
        var attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        if let user { attributes[.ownerAccountName] = user }
        do {
            try FileManager.default.setAttributes(attributes, ofItemAtPath: directory)
        } catch {
            throw LocalServerError(
                "\(directory) can't be made private to the user \(user ?? NSUserName()): \(error.localizedDescription). "
                    + "Choose a directory of your own.")
        }
    }

    /// Throws with what the program printed when it fails.
    ///
    /// - Parameter program: one of PostgreSQL's, or the path of another.
    package func run(_ program: String, _ arguments: [String], in directory: String) async throws {
        let executable = program.hasPrefix("/") ? program : "\(folder)/\(program)"
        let words = (user.map { ["runuser", "-u", $0, "--"] } ?? []) + [executable] + arguments
        let (hasSucceeded, output) = try await withCheckedThrowingContinuation { continuation in
            // A queue of its own gets a thread of its own; the threads of the global queues are the cooperative pool's.
            DispatchQueue(label: "sluice.\(program)").async {
                continuation.resume(with: Result { try runBlocking(words, in: directory) })
            }
        }
        guard !hasSucceeded else { return }
        let asUser = user.map { " as the user \($0), who must be able to reach the directory" } ?? ""
        throw LocalServerError("\(executable) failed in \(directory)\(asUser):\n\(output)")
    }
}

/// Runs a command to its end. Not by Foundation's `Process`: that waits until every descendant has ended, and the
/// server is one that stays. For the same reason the output goes to a file without a name and not to a pipe.
private func runBlocking(_ words: [String], in directory: String) throws -> (hasSucceeded: Bool, output: String) {
    guard let file = tmpfile() else { throw LocalServerError("No temporary file can be made: error \(errno).") }
    defer { fclose(file) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, fileno(file), STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fileno(file), STDERR_FILENO)

    // Dispatch blocks signals on its threads, and services ignore some; the programs want them as they are.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    // PostgreSQL's variables, such as PGPORT, would reach the server.
    let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
    var pid = pid_t()
    let status = withArgumentArray(["sh", "-c", "cd \"$0\" && exec \"$@\"", directory] + words) { arguments in
        withArgumentArray(environment.map { "\($0.key)=\($0.value)" }) { environment in
            posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environment)
        }
    }
    guard status == 0 else { throw LocalServerError("/bin/sh can't be run: error \(status).") }
    var result: Int32 = 0
    while waitpid(pid, &result, 0) == -1, errno == EINTR {}

    rewind(file)
    var output: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { output.append(UInt8(truncatingIfNeeded: byte)) }
    let text = String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    return (result == 0, text)
}

/// A NULL-terminated array of C strings as `exec` takes it, valid while the body runs.
private func withArgumentArray<T>(
    _ words: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T
) -> T {
    let pointers = words.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
}

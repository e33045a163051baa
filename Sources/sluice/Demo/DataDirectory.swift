import Foundation
import Tenants

/// What `sluice up` keeps: the server's directory, the key that seals secrets, and the demo's API key.
struct DataDirectory {
    let path: String

    /// Makes the directory where it is missing. The server's own user must be able to pass through it.
    init(_ path: String) throws {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
        do {
            try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
        } catch {
            throw CommandError(
                "\(self.path) can't be made: \(error.localizedDescription). Choose another with --data-dir.")
        }
    }

    var server: String { path + "/postgres" }

    var secretsKeyFile: String { path + "/secrets.key" }

    func secretsKey() throws -> String {
        if let kept = read("secrets.key") { return kept }
        let key = SecretBox.newKey()
        try write("secrets.key", key)
        return key
    }

    var demoKey: APIKey? { read("demo.key").map { APIKey(text: $0) } }

    func keep(demoKey: APIKey) throws { try write("demo.key", demoKey.text) }

    private func read(_ name: String) -> String? {
        try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Readable by its owner only.
    private func write(_ name: String, _ text: String) throws {
        guard
            FileManager.default.createFile(
                atPath: "\(path)/\(name)", contents: Data((text + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw CommandError("\(path)/\(name) can't be written") }
    }
}

import Foundation
import TestSupport

/// The files of the repository.
enum SourceTree {
    struct File: Sendable {
        /// From the repository's root.
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        var name: String { String(path.split(separator: "/").last ?? "") }
        /// `Sources/Worker/Slots.swift` -> `Worker`.
        var module: String { String(path.split(separator: "/").dropFirst().first ?? "") }
    }

    static func swift(in folder: String) throws -> [File] { try files(in: folder, ending: ".swift") }

    static func sql() throws -> [File] { try files(in: "sql", ending: ".sql") }

    private static func files(in folder: String, ending: String) throws -> [File] {
        let start = Repository.root.appendingPathComponent(folder)
        guard let found = FileManager.default.enumerator(atPath: start.path) else { return [] }
        return try found.compactMap { $0 as? String }.filter { $0.hasSuffix(ending) }.sorted().map { path in
            let text = try String(contentsOf: start.appendingPathComponent(path), encoding: .utf8)
            return File(path: folder + "/" + path, text: text)
        }
    }
}

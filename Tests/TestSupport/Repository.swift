package import Foundation

/// The repository that the tests are of.
package enum Repository {
    /// Two folders above this file, which may be seen through a link.
    package static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    package static func path(_ path: String) -> String { root.appendingPathComponent(path).path }
    package static func data(_ path: String) throws -> Data { try Data(contentsOf: root.appendingPathComponent(path)) }
    package static func text(_ path: String) throws -> String { String(decoding: try data(path), as: UTF8.self) }

    /// A program of the environment that scripts/python.sh makes; nil where it was not made with this package.
    package static func python(_ program: String = "python", with package: String) -> URL? {
        guard let made = try? text(".build/python/made"), made.contains("\(package)==") else { return nil }
        return root.appendingPathComponent(".build/python/bin/\(program)")
    }
}

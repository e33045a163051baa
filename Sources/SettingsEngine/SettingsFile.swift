import Foundation
import Yams

/// A YAML file of settings: one mapping of names to texts, or to lists of texts.
package struct SettingsFile: Sendable {
    /// Bytes. A file with every setting and its comment has about 4 KB; more is another file.
    package static let limit = 1 << 20

    package struct Entry: Sendable, Equatable {
        package let name: String
        /// A list's items have commas between them.
        package let text: String
        package let line: Int
    }

    package let path: String
    package private(set) var entries: [Entry] = []
    package private(set) var faults: [String] = []

    package init(path: String) {
        self.path = path
        do throws(UnreadableFile) {
            parse(try TextFile.read(path, limit: Self.limit))
        } catch {
            faults = [error.description]
        }
    }

    package init(path: String, text: String) {
        self.path = path
        parse(text)
    }

    private mutating func parse(_ text: String) {
        do {
            // An empty file, or one of comments alone.
            guard let root = try Yams.compose(yaml: text) else { return }
            if root.null != nil { return }
            guard let mapping = root.mapping else {
                faults.append("\(path): must be lines of `name: value`")
                return
            }
            for (key, value) in mapping { take(key, value) }
        } catch {
            faults.append("\(path): is not YAML: \(Self.reason(error))")
        }
    }

    private mutating func take(_ key: Node, _ value: Node) {
        let line = key.mark?.line ?? 0
        let name = key.scalar?.string ?? "a key"
        if value.null != nil { return }
        if let scalar = value.scalar {
            entries.append(Entry(name: name, text: scalar.string, line: line))
        } else if let items = value.sequence?.map(\.scalar?.string), !items.contains(nil) {
            entries.append(Entry(name: name, text: items.compactMap(\.self).joined(separator: ","), line: line))
        } else {
            faults.append(
                "\(path):\(line): \(name): must be a value or a list; settings have no levels: \(name)_…: value")
        }
    }

    /// Without the file's text: it may hold secrets.
    private static func reason(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(problem) in line \(mark.line)"
        case .duplicatedKeysInMapping(let names, _): "given twice: \(names.sorted().joined(separator: ", "))"
        default: "it can't be decoded"
        }
    }
}

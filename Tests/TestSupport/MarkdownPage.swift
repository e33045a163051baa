import Foundation

/// A page of the documentation, as tests read it.
package struct MarkdownPage: Sendable {
    /// What stands between fences.
    package struct Block: Sendable {
        /// As in ```` ```sql ````; empty where none is named.
        package let language: String
        package let text: String
        /// Whether nothing stands between it and the block before: then it is what that one answers.
        package let isAnswer: Bool
    }

    /// From the repository's root.
    package let path: String
    package let blocks: [Block]
    /// Lines outside of blocks.
    package let prose: [Substring]

    package init(_ path: String) throws {
        self.init(path: path, text: try Repository.text(path))
    }

    package init(path: String, text: String) {
        var (blocks, prose): ([Block], [Substring]) = ([], [])
        var open: (language: String, lines: [Substring])?
        var isNearLast = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let block = open {
                    blocks.append(
                        Block(
                            language: block.language, text: block.lines.joined(separator: "\n"), isAnswer: isNearLast))
                    (open, isNearLast) = (nil, true)
                } else {
                    open = (String(line.dropFirst(3)), [])
                }
            } else if open != nil {
                open?.lines.append(line)
            } else {
                prose.append(line)
                isNearLast = isNearLast && line.isEmpty
            }
        }
        (self.path, self.blocks, self.prose) = (path, blocks, prose)
    }

    /// Where links lead that don't leave the repository: a path from the page's folder, an anchor, or both.
    package var links: [String] {
        prose.flatMap { line in
            line.replacing(/`[^`]*`/, with: "").matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
        }.filter { !$0.contains(/^[a-z]+:/) }
    }

    /// The headings' names, as GitHub makes them.
    package var anchors: Set<String> {
        var counts: [String: Int] = [:]
        return Set(
            prose.filter { $0.hasPrefix("#") }.map { line in
                let kept = line.drop { $0 == "#" }.dropFirst().lowercased().filter {
                    $0.isLetter || $0.isNumber || " -_".contains($0)
                }
                let name = kept.replacing(" ", with: "-")
                defer { counts[name, default: 0] += 1 }
                return counts[name].map { "\(name)-\($0)" } ?? name
            })
    }

    /// README, ARCHITECTURE and all of `docs`.
    package static func all() throws -> [MarkdownPage] {
        let docs = Repository.path("docs")
        let found = FileManager.default.enumerator(atPath: docs)?.compactMap { $0 as? String } ?? []
        let pages = found.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
        return try (["README.md", "ARCHITECTURE.md"] + pages).map { try MarkdownPage($0) }
    }
}

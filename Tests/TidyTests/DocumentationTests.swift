import Foundation
import TestSupport
import Testing

/// Cheap truths about what people read.
struct DocumentationTests {
    @Test func thereIsSomethingToRead() throws {
        let pages = try MarkdownPage.all()
        #expect(pages.count > 20)
        #expect(pages.reduce(0) { $0 + $1.links.count } > 50)
        #expect(pages.reduce(0) { $0 + $1.blocks.count } > 50)
    }

    @Test func everyLinkLeadsSomewhere() throws {
        let pages = try MarkdownPage.all()
        let anchors = Dictionary(uniqueKeysWithValues: pages.map { ($0.path, $0.anchors) })
        for page in pages {
            let folder = Repository.root.appendingPathComponent(page.path).deletingLastPathComponent()
            for link in page.links {
                let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let file = folder.appendingPathComponent(String(parts[0])).standardizedFileURL
                let target =
                    parts[0].isEmpty ? page.path : String(file.path.dropFirst(Repository.root.path.count + 1))
                #expect(
                    parts[0].isEmpty || FileManager.default.fileExists(atPath: file.path),
                    "\(page.path) leads to \(link)")
                guard parts.count == 2 else { continue }
                #expect(anchors[target]?.contains(String(parts[1])) == true, "\(page.path) leads to \(link)")
            }
        }
    }

    @Test func theREADMENamesEveryPage() throws {
        let links = Set(try MarkdownPage("README.md").links)
        for page in try MarkdownPage.all() where page.path.hasPrefix("docs/") && !page.path.contains("decisions/") {
            #expect(links.contains(page.path), "\(page.path)")
        }
    }

    @Test func shellBlocksParse() throws {
        for page in try MarkdownPage.all() {
            #expect(!page.prose.contains { $0.contains(/^\s+```/) }, "\(page.path): a block must stand at the margin")
            for block in page.blocks where block.language == "sh" {
                let (status, output) = try bash(["-n", "-c", block.text])
                #expect(status == 0, "\(page.path): \(output)")
            }
        }
    }

    /// What the page of the architecture names is there, and what is there it names.
    @Test func theArchitectureIsTheTree() throws {
        let page = try MarkdownPage("ARCHITECTURE.md")
        let named = Set(page.prose.flatMap { $0.matches(of: /`([^` ]+)`/).map { String($0.1) } })
        for path in named where path.contains("/") {
            #expect(FileManager.default.fileExists(atPath: Repository.path(path)), "\(path)")
        }
        let sources = Repository.root.appendingPathComponent("Sources")
        for module in try FileManager.default.contentsOfDirectory(atPath: sources.path).sorted() {
            #expect(named.contains("Sources/\(module)"), "Sources/\(module) is not in ARCHITECTURE.md")
        }
    }

    /// No promise without a test, and no test that is not there.
    @Test func everyGuaranteeNamesItsTest() throws {
        let tests = Set(try SourceTree.swift(in: "Tests").map { String($0.name.dropLast(".swift".count)) })
        let rows = try MarkdownPage("docs/guarantees.md").prose.filter { $0.hasPrefix("| ") }.dropFirst()
        #expect(rows.count > 20)
        for row in rows {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let named = (cells.last ?? "").matches(of: /`(\w+Tests)`/).map { String($0.1) }
            #expect(cells.count == 3 && !named.isEmpty, "\(row)")
            #expect(named.filter { !tests.contains($0) } == [], "\(row)")
        }
    }

    private func bash(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

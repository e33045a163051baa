import TestSupport
import Testing

/// The rules of the architecture, on the text of the source.
struct SourceTests {
    @Test func thereIsSomethingToScan() throws {
        #expect(try SourceTree.swift(in: "Sources").count > 50)
        #expect(try SourceTree.sql().count > 5)
    }

    /// Modules of others, and who alone may import them.
    @Test(arguments: [
        ("CLibpq", ["Postgres"]),
        ("Hummingbird", ["API"]),
        ("AsyncHTTPClient", ["Worker", "Bench"]),
        ("ArgumentParser", ["sluice"]),
        ("Configuration", ["SettingsEngine"]),
        ("Yams", ["SettingsEngine"]),
    ])
    func isImportedOnlyBy(_ module: String, _ importers: [String]) throws {
        let imports = try Regex("^(?:@\\w+ )*(?:\\w+ )?import (?:\\w+ )?\(module)\\b")
        for file in try SourceTree.swift(in: "Sources") where !importers.contains(file.module) {
            #expect(!file.lines.contains { $0.contains(imports) }, "\(file.path)")
        }
    }

    /// Domain modules are siblings.
    @Test(arguments: ["Tenants", "Requests", "Circuits", "Cluster"])
    func knowsNoSibling(_ module: String) throws {
        let siblings = Set(["Tenants", "Requests", "Circuits", "Cluster", "API", "Worker", "Dashboard"])
            .subtracting([module])
        for file in try SourceTree.swift(in: "Sources") where file.module == module {
            for line in file.lines {
                guard let name = line.firstMatch(of: /^(?:package )?import (\w+)$/)?.1 else { continue }
                #expect(!siblings.contains(String(name)), "\(file.path)")
            }
        }
    }

    /// Pure, and fit for any program that has JSON.
    @Test func theFlagEngineKnowsOnlyJSON() throws {
        for file in try SourceTree.swift(in: "Sources") where file.module == "FlagEngine" {
            for line in file.lines {
                guard let name = line.firstMatch(of: /^(?:package )?import (\w+)$/)?.1 else { continue }
                #expect(name == "JSON", "\(file.path)")
            }
        }
    }

    /// Knows nothing of the gateway.
    @Test func theSettingsEngineKnowsNoOtherModule() throws {
        for file in try SourceTree.swift(in: "Sources") where file.module == "SettingsEngine" {
            for line in file.lines {
                guard let name = line.firstMatch(of: /^(?:package )?import (\w+)$/)?.1 else { continue }
                #expect(["Configuration", "Foundation", "Yams"].contains(name), "\(file.path)")
            }
        }
    }

    @Test func nothingHasANameThatSaysNothing() throws {
        let declaration =
            /\b(?:struct|class|enum|actor|protocol|typealias)\s+(\w*(?:Manager|Helper|Util|Utils|Common|Base|Impl))\b/
        for file in try SourceTree.swift(in: "Sources") + SourceTree.swift(in: "Tests") {
            #expect(file.text.firstMatch(of: declaration)?.1 == nil, "\(file.path)")
            #expect(!file.name.contains(/(Manager|Helper|Util|Utils|Common|Base|Impl)\.swift$/), "\(file.path)")
        }
    }

    @Test func nothingEndsTheProcessUnexplained() throws {
        let sources = try SourceTree.swift(in: "Sources") + SourceTree.swift(in: "Tests")
        for file in sources where file.module != "TidyTests" {
            for line in file.lines where !line.isComment {
                #expect(!line.contains("try!"), "\(file.path): \(line)")
                #expect(!line.contains("fatalError("), "\(file.path): \(line)")
            }
        }
    }

    @Test func whatTheCompilerCanNotCheckIsExplained() throws {
        for file in try SourceTree.swift(in: "Sources") {
            for (above, line) in zip([""] + file.lines, file.lines) where !line.isComment {
                guard line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") else { continue }
                #expect(above.isComment, "\(file.path): \(line)")
            }
        }
    }

    @Test func filesAreShort() throws {
        for file in try SourceTree.swift(in: "Sources") + SourceTree.swift(in: "Tests") + SourceTree.sql() {
            #expect(file.lines.count < 350, "\(file.path)")
        }
    }

    @Test func noPathOfOneMachine() throws {
        for file in try SourceTree.swift(in: "Sources") + SourceTree.swift(in: "Tests") + SourceTree.sql()
        where file.module != "TidyTests" {
            #expect(!file.text.contains(/\/(?:work|home|root|Users)\//), "\(file.path)")
        }
    }
}

extension Substring {
    fileprivate var isComment: Bool { drop { $0 == " " }.hasPrefix("//") }
}

import Foundation
import HTTPTypes
import Model
import Requests
import Tenants
import TestSupport
import Testing

@testable import API

/// The tables of `docs/api.md` say what the code says.
@Suite struct APIPageTests {
    /// Cells of the rows below a heading.
    private func rows(under heading: String) throws -> [[String]] {
        let lines = try MarkdownPage("docs/api.md").prose.drop { $0 != heading }.dropFirst()
        return lines.prefix { !$0.hasPrefix("## ") }.filter { $0.hasPrefix("| ") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test func everyProblemIsInItsTable() throws {
        var statuses: [String: String] = [:]
        for row in try rows(under: "## Answers") where row[0].hasPrefix("`/problems/") {
            for type in row[0].matches(of: /`(?:\/problems\/)?([a-z-]+)`/) { statuses[String(type.1)] = row[1] }
        }
        let kinds = ProblemKind.allCases.map { ($0.rawValue, String($0.status.code)) }
        #expect(statuses == Dictionary(uniqueKeysWithValues: kinds))
    }

    @Test func limitsAreThoseOfTheCode() throws {
        let api = APIConfiguration()
        let limits: [(String, Int)] = [
            ("bytes of a body", api.bodyLimit), ("bytes of a batch", api.batchBodyLimit),
            ("requests of a batch", api.batchItemLimit),
            ("bytes of a header field, or of path and query", api.head.fieldBytes),
            ("bytes of a request's head", api.head.totalBytes), ("header fields", api.head.fields),
            ("seconds for a head", Int(api.patience.head / .seconds(1))),
            ("seconds for a body", Int(api.patience.body / .seconds(1))),
            ("seconds between requests of a connection", Int(api.patience.idle / .seconds(1))),
            ("connections of a process", api.connectionLimit),
            ("bytes of bodies in memory of a process", api.bodiesLimit),
            ("requests of a process that wait for a commit", StoreLimits().waitingItems),
            ("seconds for which storing waits for the database", Int(api.storeDeadline / .seconds(1))),
            ("seconds of `Prefer: wait`", Preference.longest),
            ("callers of a process that wait for outcomes", OutcomeWaiters.limit),
            ("destinations of a request", Addressee.fanOutLimit),
            ("routes, sources, valid keys of a tenant", Int(TenantStore.routeLimit)),
            ("rows of a page", ListBounds.pageLimit), ("rows that a page examines", Int(ListBounds.examined)),
            ("days that `deliver_at` lies ahead", Int(Schedule.farthest / .seconds(86_400))),
        ]
        let rows = Dictionary(uniqueKeysWithValues: try rows(under: "## Limits").map { ($0[0], $0[1]) })
        for (name, number) in limits {
            let first = rows[name]?.prefix { $0.isNumber || $0 == "," }.replacing(",", with: "")
            #expect(first == "\(number)", "\(name): \(number)")
        }
    }
}

import Foundation

/// An answer as a page shows it, or as `curl -i` prints it. What is of another day is not compared: ids, times, and what
/// stands for `…`. Of a page's objects only the members that it shows are.
struct PageAnswer {
    let status: String
    /// By names in lower case.
    let headers: [String: String]
    let body: String

    init(_ text: String) {
        let text = text.replacing("\r\n", with: "\n")
        let end = text.firstRange(of: "\n\n")
        let lines = text[..<(end?.lowerBound ?? text.endIndex)].split(separator: "\n")
        status = lines.first?.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        headers = Dictionary(
            lines.dropFirst().compactMap { line in
                line.firstRange(of: ": ").map { (line[..<$0.lowerBound].lowercased(), String(line[$0.upperBound...])) }
            }, uniquingKeysWith: { $1 })
        body = end.map { String(text[$0.upperBound...]) } ?? ""
    }

    var json: Any? { try? JSONSerialization.jsonObject(with: Data(body.utf8)) }

    /// Where another answer is not as this one shows; empty where it is.
    func differences(to other: PageAnswer) -> [String] {
        var found = status == other.status ? [] : ["status \(other.status): \(other.body)"]
        for (name, value) in headers where !Self.isLike(other.headers[name] ?? "", value) {
            found.append("\(name): \(other.headers[name] ?? "is missing")")
        }
        guard found.isEmpty, let json else { return found }
        return Self.differences(other.json as Any, json, "")
    }

    private static func differences(_ value: Any, _ shown: Any, _ path: String) -> [String] {
        switch (shown, value) {
        case (let shown as [String: Any], let value as [String: Any]):
            return shown.sorted { $0.key < $1.key }.flatMap { name, shown in
                value[name].map { differences($0, shown, "\(path)/\(name)") } ?? ["\(path)/\(name) is missing"]
            }
        case (let shown as [Any], let value as [Any]) where shown.count == value.count:
            return zip(value, shown).enumerated().flatMap { differences($1.0, $1.1, "\(path)/\($0)") }
        case (let shown as String, let value as String) where isLike(value, shown): return []
        // Booleans are numbers here, too.
        case (let shown as NSNumber, let value as NSNumber)
        where shown == value || path.hasSuffix("latency_us"):
            return []
        case (is NSNull, is NSNull): return []
        default: return ["\(path): \(value) in place of \(shown)"]
        }
    }

    private static func isLike(_ text: String, _ shown: String) -> Bool {
        if let start = shown.firstIndex(of: "…") { return text.hasPrefix(shown[..<start]) }
        return timeless(text) == timeless(shown)
    }

    private static func timeless(_ text: String) -> String {
        text.replacing(/[0-9a-f]{8}-[0-9a-f-]{27}/, with: "ID")
            .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/, with: "TIME")
    }
}

import JSON

/// What the doctor thinks of one thing, and how to mend it.
struct Finding: CustomStringConvertible, Equatable {
    enum Severity: String { case fine, doubtful, wrong }

    let severity: Severity
    /// A word for programs: which part of the examination it is of.
    let about: String
    let text: String
    var remedy: String?

    static func fine(_ about: String, _ text: String) -> Finding {
        Finding(severity: .fine, about: about, text: text)
    }

    static func doubtful(_ about: String, _ text: String, _ remedy: String) -> Finding {
        Finding(severity: .doubtful, about: about, text: text, remedy: remedy)
    }

    static func wrong(_ about: String, _ text: String, _ remedy: String) -> Finding {
        Finding(severity: .wrong, about: about, text: text, remedy: remedy)
    }

    var description: String { "\(severity.rawValue): \(text)" + (remedy.map { "\n    " + $0 } ?? "") }

    var json: JSONValue {
        .object([
            "severity": .string(severity.rawValue), "about": .string(about), "text": .string(text),
            "remedy": remedy.map { .string($0) } ?? .null,
        ])
    }
}

extension OutputOptions {
    func findings(_ findings: [Finding]) {
        if json { return list(findings, as: Listing([], json: \.json.text)) }
        for finding in findings { print(finding) }
    }
}

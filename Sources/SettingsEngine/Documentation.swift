/// Pages that are made of the declarations.
package enum Documentation {
    /// A table in Markdown.
    package static func reference(_ declarations: [any Declaration]) -> String {
        let rows = declarations.map { declaration in
            let standard = declaration.note ?? declaration.standardText.map { $0.isEmpty ? "" : "`\($0)`" } ?? ""
            let file = declaration.isSecret ? "<br>`\(Naming.variable(declaration.fileName))`" : ""
            let commands =
                declaration.usedBy.isEmpty
                ? "all" : declaration.usedBy.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(declaration.variable)`\(file) | \(declaration.allowed) | \(standard) | \(commands) "
                + "| \(declaration.meaning) |"
        }
        return (["| variable | value | default | for | meaning |", "|---|---|---|---|---|"] + rows)
            .joined(separator: "\n")
    }

    /// A file with every setting that says what would hold without it.
    package static func example(_ declarations: [any Declaration]) -> String {
        let title = "# Every setting with its default; those that have none are commented out.\n\n"
        return title
            + declarations.map { declaration in
                let comment = wrapped(
                    "\(sentence(declaration.allowed)) \(declaration.meaning)".replacing("`", with: ""))
                return (comment + [line(declaration)]).joined(separator: "\n")
            }.joined(separator: "\n\n") + "\n"
    }

    private static func line(_ declaration: any Declaration) -> String {
        if declaration.isSecret { return "# \(declaration.fileName):" }
        guard declaration.note == nil, let standard = declaration.standardText, !standard.isEmpty else {
            return "# \(declaration.name):"
        }
        return "\(declaration.name): \(standard)"
    }

    private static func sentence(_ phrase: String) -> String {
        phrase.prefix(1).uppercased() + phrase.dropFirst() + "."
    }

    /// Lines of at most 100 characters.
    private static func wrapped(_ text: String) -> [String] {
        var lines = ["#"]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.count + 1 + word.count > 100 {
                lines.append("# \(word)")
            } else {
                lines[lines.count - 1] += " \(word)"
            }
        }
        return lines
    }
}

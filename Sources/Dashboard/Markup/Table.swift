/// A table with a caption and column headings; in their place a sentence where there is nothing.
struct Table {
    let caption: String
    let columns: [HTML]
    /// What to do so that there is something.
    let ifEmpty: HTML

    init(_ caption: String, _ columns: [HTML], ifEmpty: HTML) {
        (self.caption, self.columns, self.ifEmpty) = (caption, columns, ifEmpty)
    }

    func of<Row>(_ rows: some Collection<Row>, _ cells: (Row) throws -> [HTML]) rethrows -> HTML {
        guard !rows.isEmpty else { return "<p class=\"empty\">\(ifEmpty)</p>" }
        let body = try rows.html { row in
            let cells = try cells(row)
            return "<tr><th scope=\"row\">\(cells.first)</th>\(cells.dropFirst().html { "<td>\($0)</td>" })</tr>\n"
        }
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="\(caption)"><table>
            <caption class="unseen">\(caption)</caption>
            <thead><tr>\(columns.html { "<th scope=\"col\">\($0)</th>" })</tr></thead>
            <tbody>
            \(body)</tbody></table></div>
            """
    }
}

/// Names and their values.
func facts(_ facts: [(name: String, value: HTML)]) -> HTML {
    "<dl class=\"facts\">\(facts.html { "<div><dt>\($0.name)</dt><dd>\($0.value)</dd></div>\n" })</dl>"
}

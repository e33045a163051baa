/// Columns under titles, aligned; pure.
struct TextTable {
    enum Alignment { case left, right }

    struct Column {
        let title: String
        var alignment = Alignment.left
    }

    /// What a column keeps however narrow the terminal is.
    private static let narrowest = 6
    private static let gap = 2

    let columns: [Column]
    /// As many cells as columns.
    let rows: [[String]]

    /// - Parameter width: of the terminal, to which the widest columns are cut; nil: nothing is cut, for programs.
    func lines(width: Int? = nil) -> [String] {
        let cells = ([columns.map { $0.title.uppercased() }] + rows).map { $0.map(Self.cell) }
        let widths = fitted(columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }, to: width)
        return cells.map { row in
            let padded = columns.indices.map { pad(row[$0], to: widths[$0], columns[$0].alignment) }
            let line = padded.joined(separator: String(repeating: " ", count: Self.gap))
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// One line whatever a tenant called things, and nothing that a terminal obeys.
    private static func cell(_ text: String) -> String {
        text.isEmpty ? "-" : text.printable
    }

    private func fitted(_ widths: [Int], to limit: Int?) -> [Int] {
        guard let limit else { return widths }
        var widths = widths
        var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - limit
        while excess > 0 {
            let candidates = columns.indices.filter { columns[$0].alignment == .left && widths[$0] > Self.narrowest }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return widths }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func pad(_ text: String, to width: Int, _ alignment: Alignment) -> String {
        let cut = text.cut(to: width)
        let space = String(repeating: " ", count: width - cut.count)
        return alignment == .left ? cut + space : space + cut
    }
}

extension String {
    /// Without control characters, which could steer a terminal.
    var printable: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    /// At most so many characters, the last an ellipsis where some are missing.
    func cut(to width: Int) -> String {
        count <= width ? self : width > 0 ? prefix(width - 1) + "…" : ""
    }
}

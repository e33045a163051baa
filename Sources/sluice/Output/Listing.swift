/// How things of one kind are listed: as a table for people, as an array of objects for programs.
struct Listing<Item> {
    struct Column {
        let title: String
        var alignment = TextTable.Alignment.left
        let text: (Item) -> String

        init(_ title: String, _ text: @escaping (Item) -> String) {
            self.title = title
            self.text = text
        }

        /// A number, aligned to the right.
        init(number title: String, _ number: @escaping (Item) -> some CustomStringConvertible) {
            self.title = title
            alignment = .right
            text = { number($0).description }
        }
    }

    let columns: [Column]
    /// An object, as the API has it.
    let json: (Item) -> String

    init(_ columns: [Column], json: @escaping (Item) -> String) {
        self.columns = columns
        self.json = json
    }

    /// Nothing where there are no items: so scripts see it.
    func lines(_ items: [Item], width: Int? = nil) -> [String] {
        guard !items.isEmpty else { return [] }
        return TextTable(
            columns: columns.map { .init(title: $0.title, alignment: $0.alignment) },
            rows: items.map { item in columns.map { $0.text(item) } }
        ).lines(width: width)
    }

    /// One array, an element a line, so that it can be read by lines too.
    func json(_ items: [Item]) -> String {
        items.isEmpty ? "[]" : "[\n" + items.map(json).joined(separator: ",\n") + "\n]"
    }
}

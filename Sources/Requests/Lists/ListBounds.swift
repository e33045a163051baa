/// What a page of a list costs at most.
package enum ListBounds {
    package static let pageLimit = 100
    /// Rows that a page examines where its filters match seldom: some 20 buffers each, tens of milliseconds in all. A
    /// page that ends here is short, and its position goes on.
    package static let examined: Int32 = 1_000
}

/// A page of a list, and the position from which the next goes on; nil where the list ended.
package struct ListPage<Item: Sendable, Position: Sendable>: Sendable {
    package let items: [Item]
    package let next: Position?

    /// - Parameters:
    ///   - items: one more than `limit` where there are more.
    ///   - examined: how far a search came that was cut.
    init(_ items: [Item], limit: Int, examined: Position?, position: (Item) -> Position) {
        self.items = Array(items.prefix(limit))
        next = items.count > limit ? self.items.last.map(position) : examined
    }
}

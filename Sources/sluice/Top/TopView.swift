import Postgres

/// What the person chose to see.
struct TopView: Equatable {
    /// Each is chosen by its first letter.
    enum Order: String, CaseIterable { case backlog, oldest, failures, tenant }

    enum Key: Equatable {
        case character(Character)
        case up, down
    }

    var order = Order.backlog
    /// Rows above the first one that is shown.
    private(set) var offset = 0
    private(set) var isOver = false

    mutating func press(_ key: Key) {
        switch key {
        case .character("q"): isOver = true
        case .up, .character("k"): offset = max(0, offset - 1)
        case .down, .character("j"): offset += 1
        case .character(let character):
            guard let order = Order.allCases.first(where: { $0.rawValue.first == character }) else { return }
            (self.order, offset) = (order, 0)
        }
    }

    /// So that the last row stays in sight.
    mutating func keepWithin(rows: Int) { offset = min(offset, max(0, rows - 1)) }

    /// Keys in what a terminal sent. Ctrl-C does not come here: it is a signal.
    static func keys(_ bytes: [UInt8]) -> [Key] {
        var keys: [Key] = []
        var rest = bytes[...]
        while let first = rest.popFirst() {
            if first == 0x1b, rest.count >= 2, rest.first == UInt8(ascii: "[") || rest.first == UInt8(ascii: "O") {
                switch rest.dropFirst().first {
                case UInt8(ascii: "A"): keys.append(.up)
                case UInt8(ascii: "B"): keys.append(.down)
                default: break
                }
                rest = rest.dropFirst(2)
            } else {
                keys.append(.character(Character(UnicodeScalar(first))))
            }
        }
        return keys
    }
}

extension TopReading {
    func destinations(by order: TopView.Order) -> [Destination] {
        func name(_ destination: Destination) -> (String, String) { (destination.tenant, destination.name) }
        return destinations.sorted { a, b in
            switch order {
            case .backlog where a.waiting != b.waiting: a.waiting > b.waiting
            // Where nothing waits there is no oldest: last.
            case .oldest where a.oldestAt != b.oldestAt:
                (a.oldestAt?.microseconds ?? .max) < (b.oldestAt?.microseconds ?? .max)
            case .failures where a.failed != b.failed: a.failed > b.failed
            default: name(a) < name(b)
            }
        }
    }
}

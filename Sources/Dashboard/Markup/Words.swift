import API
import Model
import Postgres

/// How values are written. Each stands still while what it tells does: times are absolute, and the script makes them
/// relative where there is one.
extension HTML {
    static func time(_ time: Timestamp) -> HTML {
        let text = time.rfc3339
        return "<time datetime=\"\(text)\">\(text.prefix(10)) \(text.dropFirst(11).prefix(8))</time>"
    }

    /// A dash where there is none.
    static func time(_ time: Timestamp?) -> HTML { time.map { Self.time($0) } ?? none }

    /// Said as "none", and seen as a dash.
    static let none: HTML =
        "<span class=\"none\"><span aria-hidden=\"true\">–</span><span class=\"unseen\">none</span></span>"

    /// In groups of three digits.
    static func count(_ number: some BinaryInteger) -> HTML {
        "<span class=\"number\">\(grouped(Int64(number)))</span>"
    }

    /// - Parameter limit: up to which it was counted.
    static func count(_ number: Int64, countedTo limit: Int64) -> HTML {
        number > limit ? "<span class=\"number\">\(grouped(limit))+</span>" : count(number)
    }

    static func bytes(_ count: some BinaryInteger) -> HTML {
        let count = Int64(count)
        return switch count {
        case ..<10_240: "<span class=\"number\">\(grouped(count)) B</span>"
        case ..<(10 << 20): "<span class=\"number\">\(grouped(count >> 10)) KiB</span>"
        default: "<span class=\"number\">\(grouped(count >> 20)) MiB</span>"
        }
    }

    static func milliseconds(microseconds: Int64) -> HTML { "\(grouped((microseconds + 500) / 1_000)) ms" }

    /// An id, short enough for a table; the whole is its title.
    static func short(_ id: Identifier<some Any>) -> HTML {
        let text = id.description
        return "<code title=\"\(text)\">\(text.prefix(8))…\(text.suffix(6))</code>"
    }
}

private func grouped(_ number: Int64) -> String {
    let digits = String(number.magnitude)
    var text = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index).isMultiple(of: 3) { text += "\u{202f}" }
        text.append(digit)
    }
    return text
}

/// A state as a word in a coloured frame with a sign of its own, so that it is told without colours too.
enum Badge {
    static func of(_ word: String) -> HTML {
        let (tone, sign): (String, String) =
            switch word {
            case "closed", "delivered", "done", "completed", "active", "up", "ENABLED": ("good", "●")
            case "open", "dead", "rolled_back", "down", "forced_open", "regression": ("bad", "■")
            case "half_open", "ramping", "held", "suspended", "forced_closed", "observe", "mismatch", "retry":
                ("warn", "▲")
            case "in_flight", "running", "waiting", "scheduled": ("busy", "◆")
            default: ("plain", "○")
            }
        return
            "<span class=\"badge \(tone)\"><span aria-hidden=\"true\">\(sign)</span> \(word.replacing("_", with: " "))</span>"
    }

    /// What a circuit's mode adds to its state; empty: nothing.
    static func mode(_ mode: String) -> HTML { mode == "auto" ? .empty : " \(of(mode))" }
}

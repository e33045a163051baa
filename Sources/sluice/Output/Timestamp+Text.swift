import Foundation
import Postgres

extension Timestamp {
    /// As RFC 3339 has it, to a second.
    var text: String {
        Date(timeIntervalSince1970: Double(microseconds) / 1_000_000).formatted(.iso8601)
    }
}

extension Duration {
    /// To two units: 12s, 3m05s, 2h07m, 4d03h.
    var short: String {
        let seconds = max(0, components.seconds)
        func two(_ great: Int64, _ unit: String, _ small: Int64, _ smallUnit: String) -> String {
            "\(great)\(unit)\(small < 10 ? "0" : "")\(small)\(smallUnit)"
        }
        return switch seconds {
        case ..<60: "\(seconds)s"
        case ..<3_600: two(seconds / 60, "m", seconds % 60, "s")
        case ..<86_400: two(seconds / 3_600, "h", seconds % 3_600 / 60, "m")
        default: two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h")
        }
    }
}

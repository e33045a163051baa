import FoundationEssentials
import Synchronization

/// The value of `Date` (RFC 9110, section 5.6.7), which every answer must carry. It is written once a second.
final class HTTPDate: Sendable {
    private struct Second {
        var number: Int64 = -1
        var text = ""
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private let second = Mutex(Second())

    var now: String { text(unixSeconds: Int64(Date().timeIntervalSince1970)) }

    /// Of a moment after 1970, which was a Thursday's.
    func text(unixSeconds: Int64) -> String {
        second.withLock { second in
            if second.number != unixSeconds {
                second = Second(number: unixSeconds, text: Self.format(unixSeconds))
            }
            return second.text
        }
    }

    private static func format(_ unixSeconds: Int64) -> String {
        let time = CivilTime(unixSeconds: unixSeconds)
        return "\(weekdays[Int(unixSeconds / 86_400 % 7)]), \(padded(time.day, 2)) \(months[time.month - 1]) "
            + "\(padded(time.year, 4)) \(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2)) GMT"
    }
}

package import Postgres

extension Timestamp {
    /// Reads RFC 3339, such as `2026-01-31T09:30:00.5+01:00`. Digits below a microsecond are dropped.
    package init?(rfc3339 text: some StringProtocol) {
        var digits = Digits(text.utf8)
        guard let year = digits.number(4), digits.take("-"), let month = digits.number(2), digits.take("-"),
            let day = digits.number(2), digits.take("T", or: "t"), let hour = digits.number(2), digits.take(":"),
            let minute = digits.number(2), digits.take(":"), let second = digits.number(2)
        else { return nil }
        let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        guard civil.isValid, let fraction = digits.microseconds(), let offset = digits.offset(), digits.isAtEnd else {
            return nil
        }
        self.init(microseconds: (civil.unixSeconds - offset) * 1_000_000 + fraction)
    }

    /// In UTC, with six digits of a second.
    package var rfc3339: String {
        var seconds = microseconds / 1_000_000
        var fraction = microseconds % 1_000_000
        if fraction < 0 { (seconds, fraction) = (seconds - 1, fraction + 1_000_000) }
        let civil = CivilTime(unixSeconds: seconds)
        return "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
            + "T\(padded(civil.hour, 2)):\(padded(civil.minute, 2)):\(padded(civil.second, 2))"
            + ".\(padded(Int(fraction), 6))Z"
    }
}

func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

private struct Digits {
    private let bytes: [UInt8]
    private var index = 0

    init(_ text: some Sequence<UInt8>) { bytes = Array(text.prefix(64)) }

    var isAtEnd: Bool { index == bytes.count }

    mutating func take(_ character: Unicode.Scalar, or other: Unicode.Scalar? = nil) -> Bool {
        guard index < bytes.count else { return false }
        let byte = Unicode.Scalar(bytes[index])
        guard byte == character || byte == other else { return false }
        index += 1
        return true
    }

    mutating func digit() -> Int? {
        guard index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) else { return nil }
        index += 1
        return Int(bytes[index - 1] - UInt8(ascii: "0"))
    }

    mutating func number(_ width: Int) -> Int? {
        var number = 0
        for _ in 0..<width {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// nil for a point without digits.
    mutating func microseconds() -> Int64? {
        guard take(".") else { return 0 }
        guard var fraction = digit() else { return nil }
        var places = 1
        while let digit = digit() {
            if places < 6 { fraction = fraction * 10 + digit }
            places += 1
        }
        for _ in places..<max(places, 6) { fraction *= 10 }
        return Int64(fraction)
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int64? {
        if take("Z", or: "z") { return 0 }
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
        return sign * Int64(hours * 3_600 + minutes * 60)
    }
}

/// `Prefer: wait=N` of RFC 7240: the caller would rather wait for the outcome, so many seconds.
struct Preference: Equatable {
    /// What is asked for beyond is cut: proxies and clients seldom hold a connection longer without a byte.
    static let longest = 60

    /// From 1.
    let seconds: Int

    /// nil where the field has no `wait` that is a whole number above 0: what can't be understood is passed over.
    init?(prefer field: String) {
        for preference in field.split(separator: ",") {
            let parts = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces }
            guard let name = parts.first, name.lowercased() == "wait" else { continue }
            // The first of several counts.
            guard parts.count == 2, let seconds = Self.number(parts[1]), seconds > 0 else { return nil }
            self.seconds = seconds
            return
        }
        return nil
    }

    private static func number(_ text: Substring) -> Int? {
        let isQuoted = text.count >= 2 && text.first == "\"" && text.last == "\""
        let digits = isQuoted ? text.dropFirst().dropLast() : text
        guard !digits.isEmpty, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return min(Int(digits) ?? longest, longest)
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        let end = drop { $0 == " " || $0 == "\t" }
        return end[..<(end.lastIndex { $0 != " " && $0 != "\t" }.map(end.index(after:)) ?? end.startIndex)]
    }
}

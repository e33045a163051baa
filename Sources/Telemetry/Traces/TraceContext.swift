/// Which trace something belongs to, and the span that it was called by: W3C Trace Context, level 1.
package struct TraceContext: Sendable, Hashable {
    package struct TraceID: Sendable, Hashable {
        package let high: UInt64
        package let low: UInt64

        package init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }
    }

    package let trace: TraceID
    package let span: UInt64
    package let isSampled: Bool

    package init(trace: TraceID, span: UInt64, isSampled: Bool) {
        (self.trace, self.span, self.isSampled) = (trace, span, isSampled)
    }

    /// Reads a `traceparent`: `00-{32 hex digits}-{16 hex digits}-{2 hex digits}`; later versions may say more behind it.
    package init?(traceparent: some StringProtocol) {
        let text = Array(traceparent.utf8)
        let dash = UInt8(ascii: "-")
        guard text.count >= 55, text[2] == dash, text[35] == dash, text[52] == dash,
            let version = Self.number(text[0..<2]), version != 0xff,
            version == 0 ? text.count == 55 : text.count == 55 || text[55] == dash,
            let high = Self.number(text[3..<19]), let low = Self.number(text[19..<35]),
            let span = Self.number(text[36..<52]), let flags = Self.number(text[53..<55]),
            high | low != 0, span != 0
        else { return nil }
        self.init(trace: TraceID(high: high, low: low), span: span, isSampled: flags & 1 == 1)
    }

    package var traceparent: String { "00-\(trace)-\(Self.hex(span))-\(isSampled ? "01" : "00")" }
    package var spanText: String { Self.hex(span) }

    /// Of small hex digits, as the recommendation wants them.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }

    fileprivate static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension TraceContext.TraceID: CustomStringConvertible {
    package var description: String { TraceContext.hex(high) + TraceContext.hex(low) }
}

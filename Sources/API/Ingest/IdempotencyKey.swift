import Crypto
import FoundationEssentials
import Model
import Requests

/// What a caller names a request by, so that sending it twice stores it once
/// (draft-ietf-httpapi-idempotency-key-header-07).
struct IdempotencyKey: Equatable {
    static let lengths = 1...255

    let bytes: [UInt8]

    /// Takes a string of RFC 9651 in quotes, or a bare word.
    init?(field: String) {
        let value = field.utf8
        guard value.first == UInt8(ascii: "\"") else {
            guard value.allSatisfy({ 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "\"") }) else { return nil }
            self.init(Array(value))
            return
        }
        guard let inside = Self.unquote(value.dropFirst()) else { return nil }
        self.init(inside)
    }

    /// Takes any text without control characters.
    init?(text: String) {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
        self.init(Array(text.utf8))
    }

    /// What a source's sender names a request by. Begins with a byte that no caller's key has: the two don't meet.
    init(source: SourceID, id: String) { bytes = [0] + Array("source \(source) \(id)".utf8) }

    /// A CloudEvent's source and id name it.
    init(eventSource: String, id: String) { bytes = [0] + Array("event \(eventSource)\0\(id)".utf8) }

    private init?(_ bytes: [UInt8]) {
        guard Self.lengths ~= bytes.count else { return nil }
        self.bytes = bytes
    }

    private static func unquote(_ text: Substring.UTF8View) -> [UInt8]? {
        var bytes: [UInt8] = []
        var isEscaped = false
        for index in text.indices {
            switch text[index] {
            case let byte where isEscaped:
                guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { return nil }
                bytes.append(byte)
                isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "\""): return text.index(after: index) == text.endIndex ? bytes : nil
            case let byte where 0x20...0x7e ~= byte: bytes.append(byte)
            default: return nil
            }
        }
        return nil
    }
}

extension Idempotency {
    /// The payload's fingerprint counts what reaches the destination by intention: headers differ between two tries.
    init(
        _ key: IdempotencyKey, addressee: Addressee, method: String, path: String, query: String?, body: [UInt8]
    ) {
        var hash = SHA256()
        switch addressee {
        case .destination(let id, _): withUnsafeBytes(of: id.uuid.uuid) { hash.update(bufferPointer: $0) }
        // Not the lanes: routes may change between two tries.
        case .topic(let topic, _, _): hash.update(data: Array((topic + "\0").utf8))
        }
        for part in [method, path, query] {
            // A length of -1 tells no query from an empty one.
            withUnsafeBytes(of: Int64(part?.utf8.count ?? -1).littleEndian) { hash.update(bufferPointer: $0) }
            if let part { hash.update(data: Array(part.utf8)) }
        }
        hash.update(data: body)
        self.init(
            key: Array(SHA256.hash(data: key.bytes).prefix(16)), fingerprint: Array(hash.finalize().prefix(16)))
    }
}

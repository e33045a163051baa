/// What is wrong in a flag document, and where.
package struct FlagFault: Sendable, Hashable, CustomStringConvertible {
    package enum Severity: Sendable {
        /// The document can't be used.
        case error
        /// flagd's schema forbids it, and flagd takes it nevertheless: only a strict validation refuses it.
        case violation
        /// Allowed, but some clients can't deal with it.
        case advice
    }

    package let severity: Severity
    /// A JSON pointer (RFC 6901); empty: the whole document.
    package let pointer: String
    /// What was wrong and what is allowed.
    package let problem: String

    package var description: String { pointer.isEmpty ? problem : "\(pointer) \(problem)" }
}

/// Why a document is refused: all of it at once.
package struct FlagDocumentError: Error, Sendable, CustomStringConvertible {
    package let faults: [FlagFault]

    package init(faults: [FlagFault]) { self.faults = faults }

    package var description: String { faults.map(\.description).joined(separator: "; ") }
}

/// Where in a document something stands.
struct JSONPointer {
    let text: String

    static let root = JSONPointer(text: "")

    static func / (pointer: JSONPointer, name: String) -> JSONPointer {
        let escaped = name.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "~"): Array("~0".utf8)
            case UInt8(ascii: "/"): Array("~1".utf8)
            default: [byte]
            }
        }
        return JSONPointer(text: pointer.text + "/" + String(decoding: escaped, as: UTF8.self))
    }

    static func / (pointer: JSONPointer, index: Int) -> JSONPointer {
        JSONPointer(text: pointer.text + "/\(index)")
    }
}

/// Faults as they are found. Only so many are kept; of what comes after them it is remembered whether it refuses.
struct FlagFaults {
    private(set) var all: [FlagFault] = []
    private(set) var refuses = false
    private let validation: FlagValidation

    init(_ validation: FlagValidation) { self.validation = validation }

    mutating func add(_ severity: FlagFault.Severity, _ pointer: JSONPointer, _ problem: String) {
        if severity == .error || severity == .violation && validation == .strict { refuses = true }
        guard all.count < FlagLimits.faults else { return }
        all.append(FlagFault(severity: severity, pointer: pointer.text, problem: problem))
    }

    mutating func refuse(_ pointer: JSONPointer, _ problem: String) { add(.error, pointer, problem) }
}

package enum FlagValidation: String, Sendable {
    /// What only violates flagd's schema is told, as flagd does.
    case warn
    case strict
}

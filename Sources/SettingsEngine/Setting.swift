/// What can be set: declared once, it gives the variable, the flag, the file's key, the check and the documentation.
package struct Setting<Value: Sendable>: Declaration {
    package let name: String
    package let kind: Kind<Value>
    /// Where nothing is given.
    package let standard: Value
    package let standardText: String?
    package let note: String?
    package let isSecret: Bool
    package let hasFlag: Bool
    package let usedBy: [String]
    package let meaning: String
    package let remedy: String

    package init(
        _ name: String, _ kind: Kind<Value>, default standard: Value, note: String? = nil, usedBy: [String] = [],
        _ meaning: String
    ) {
        self.name = name
        self.kind = kind
        self.standard = standard
        standardText = kind.text(standard)
        self.note = note
        isSecret = false
        hasFlag = true
        self.usedBy = usedBy
        self.meaning = meaning
        remedy = ""
    }

    /// One without a default.
    ///
    /// - Parameters:
    ///   - isSecret: is never shown, and may be in a file that a setting with `_file` names.
    ///   - hasFlag: a secret should have none: others can read a command line.
    ///   - remedy: what to do where it is needed and missing.
    package init<Given: Sendable>(
        _ name: String, _ kind: Kind<Given>, isSecret: Bool = false, hasFlag: Bool? = nil, usedBy: [String] = [],
        remedy: String = "", _ meaning: String
    ) where Value == Given? {
        self.name = name
        self.kind = Kind(allowed: kind.allowed) { text throws(Refusal) in try kind.read(text) }
        standard = nil
        standardText = nil
        note = nil
        self.isSecret = isSecret
        self.hasFlag = hasFlag ?? !isSecret
        self.usedBy = usedBy
        self.meaning = meaning
        self.remedy = remedy
    }

    package var allowed: String { kind.allowed }
    package func value(of text: String) throws(Refusal) -> any Sendable { try kind.read(text) }
}

/// A setting of any type.
package protocol Declaration: Sendable {
    /// Words in small letters with `_` between: the key in a file.
    var name: String { get }
    /// What a value must be: "a whole number from 1 to 9".
    var allowed: String { get }
    /// The default as a person would write it; nil where there is none.
    var standardText: String? { get }
    /// Says the default where it is not the same everywhere.
    var note: String? { get }
    var isSecret: Bool { get }
    var hasFlag: Bool { get }
    /// Commands; none: all.
    var usedBy: [String] { get }
    var meaning: String { get }
    var remedy: String { get }

    func value(of text: String) throws(Refusal) -> any Sendable
}

extension Declaration {
    /// `SLUICE_WORKER_DRAIN`.
    package var variable: String { Naming.variable(name) }
    /// Of the setting that names a secret's file.
    package var fileName: String { name + "_file" }

    /// What the setting can be called, in files and, with other spelling, elsewhere.
    var names: [String] { isSecret ? [name, fileName] : [name] }
}

/// How one name is spelled in each source.
package enum Naming {
    /// Of every variable.
    package static let prefix = "SLUICE_"

    package static func variable(_ name: String) -> String { prefix + name.uppercased() }
    package static func flag(_ name: String) -> String { "--" + name.replacing("_", with: "-") }

    /// What was probably meant by any spelling.
    static func name(_ spelling: String) -> String {
        let bare = spelling.hasPrefix(prefix) ? spelling.dropFirst(prefix.count) : spelling.trimmingPrefix("--")
        return bare.lowercased().replacing("-", with: "_")
    }
}

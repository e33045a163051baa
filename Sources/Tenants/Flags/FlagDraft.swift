package import FlagEngine
package import JSON

/// A flag as people and programs write it: its definition, and what the gateway keeps besides.
package struct FlagDraft: Sendable {
    private static let members: Set<String> = [
        "definition", "client_visible", "permanent", "owner", "tags", "reason",
    ]

    package let definition: JSONValue
    package let settings: FlagSettings
    /// Why it is written; not a part of the flag.
    package let reason: String?

    /// Members that are left out have their defaults. Throws `InvalidDocument`.
    package init(_ document: JSONValue, key: String) throws {
        guard case .object = document else {
            throw InvalidDocument(faults: [.init("", "the document must be an object")])
        }
        var reader = FieldReader()
        if !FlagKey.isValid(key) {
            reader.refuse(
                "key",
                "must be 1 to \(FlagLimits.keyBytes) of letters, digits, dot, underscore and dash, and begin with a letter or digit"
            )
        }
        let members = reader.members(document, "", of: Self.members)
        if members["definition"] == nil { reader.refuse("definition", "is missing") }
        var settings = FlagSettings()
        settings.isClientVisible = reader.bool(members["client_visible"], "client_visible", default: false)
        settings.isPermanent = reader.bool(members["permanent"], "permanent", default: false)
        settings.owner = reader.string(members["owner"], "owner", limit: FlagSettings.textLimit)
        settings.tags = reader.elements(members["tags"], "tags", limit: FlagSettings.tagLimit).enumerated().compactMap {
            reader.string($1, "tags[\($0)]", limit: FlagSettings.textLimit)
        }
        reason = reader.string(members["reason"], "reason", limit: FlagAuthor.reasonLimit)
        definition = members["definition"] ?? .null
        self.settings = settings
        guard reader.faults.isEmpty else { throw InvalidDocument(faults: reader.faults) }
    }
}

extension FlagRecord {
    /// As a draft of it is written.
    package var document: JSONValue {
        .object([
            "definition": definition, "client_visible": .bool(settings.isClientVisible),
            "permanent": .bool(settings.isPermanent), "owner": settings.owner.map { .string($0) } ?? .null,
            "tags": .array(settings.tags.map { .string($0) }),
        ])
    }
}

extension InvalidDocument {
    /// What a definition is refused for; its members are told under "definition".
    package init(_ error: FlagDocumentError, key: String) {
        self.init(
            faults: error.faults.filter { $0.severity != .advice }.map { .init($0.path(within: key), $0.problem) })
    }
}

extension FlagFault {
    /// Of a member of a flag's draft: `definition/targeting/if`.
    package func path(within key: String) -> String {
        let prefix = "/flags/" + key
        return "definition" + (pointer.hasPrefix(prefix) ? pointer.dropFirst(prefix.count) : "")
    }
}

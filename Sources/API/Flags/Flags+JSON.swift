import FlagEngine
import HTTPTypes
package import JSON
import Postgres
package import Tenants

extension FlagRecord {
    /// Its settings, and what is not a setting.
    package var shown: JSONValue {
        document.merging(
            .object([
                "key": .string(key), "type": .string(valueType.rawValue), "version": .number(JSONNumber(version)),
                "created_at": .string(createdAt.rfc3339), "updated_at": .string(updatedAt.rfc3339),
            ])
        ).with("owner", settings.owner.map { .string($0) } ?? .null)
            .with("archived_at", archivedAt.map { .string($0.rfc3339) } ?? .null)
    }
}

extension FlagRevision {
    package var shown: JSONValue {
        .object([
            "key": .string(key), "version": .number(JSONNumber(version)),
            "set_version": .number(JSONNumber(setVersion)), "definition": definition ?? .null, "settings": settings,
            "source": .string(source), "actor": .string(actor), "reason": reason.map { .string($0) } ?? .null,
            "evidence": evidence ?? .null, "created_at": .string(createdAt.rfc3339),
        ])
    }
}

extension FlagUsage {
    package var shown: JSONValue {
        .object([
            "key": .string(key), "owner": owner.map { .string($0) } ?? .null, "permanent": .bool(isPermanent),
            "updated_at": .string(updatedAt.rfc3339),
            "last_evaluated_at": lastEvaluatedAt.map { .string($0.rfc3339) } ?? .null,
            "evaluations": .number(JSONNumber(evaluations)), "variants": .array(variants.map { .string($0) }),
            "stale": stale.map { .string($0) } ?? .null,
        ])
    }
}

extension FlagSetSummary {
    package var shown: JSONValue {
        .object([
            "name": .string(name), "version": .number(JSONNumber(version)),
            "bucketing": .number(JSONNumber(bucketing)), "flags": .number(JSONNumber(flags)),
            "updated_at": .string(updatedAt.rfc3339),
        ])
    }
}

extension FlagFault {
    /// - Parameter path: where the fault is.
    func shown(_ path: String) -> JSONValue {
        .object(["field": .string(path), "problem": .string(problem)])
    }
}

extension JSONValue {
    fileprivate func with(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members[name] = value
        return .object(members)
    }
}

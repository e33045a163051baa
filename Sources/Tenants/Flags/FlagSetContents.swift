package import FlagEngine
import FoundationEssentials
package import JSON
package import Model
import Postgres

/// A set of flags as the database has it, of one moment.
package struct FlagSetContents: Sendable {
    struct Item: Sendable {
        let key: String
        let definition: String
        let valueType: FlagValueType?
        /// What its rollout decides, and the rollout that is under way; empty: none.
        let evaluator: String
        let rollout: String
    }

    package let environment: FlagEnvironment
    package let id: FlagSetID
    package let version: Int64
    package let bucketing: Bucketing
    private let evaluators: String
    private let metadata: String
    let items: [Item]
    let clientVisible: Set<String>

    /// Of a row of `flags.set`, `flags.all_sets` or `flags.changed_sets`.
    init(_ row: Row) throws {
        environment = FlagEnvironment(
            tenant: TenantID(try row.decode(1)), shard: try row.decode(0), name: try row.decode(3))
        id = FlagSetID(try row.decode(2))
        version = try row.decode(4)
        bucketing = Bucketing(rawValue: Int(try row.decode(5, as: Int16.self))) ?? .cbor
        (evaluators, metadata) = (try row.decode(6), try row.decode(7))
        let (keys, definitions): ([String], [String]) = (try row.decode(8), try row.decode(9))
        let (types, rules): ([String], [String]) = (try row.decode(10), try row.decode(11))
        let rollouts: [String] = try row.decode(12)
        guard [definitions.count, types.count, rules.count, rollouts.count].allSatisfy({ $0 == keys.count }) else {
            throw PostgresError(.mismatch, "a set's columns are not of one length", statement: "flags.set")
        }
        items = keys.indices.map { index in
            Item(
                key: keys[index], definition: definitions[index], valueType: FlagValueType(rawValue: types[index]),
                evaluator: rules[index], rollout: rollouts[index])
        }
        clientVisible = Set(try row.decode(13, as: [String].self))
    }

    /// As flagd has it: what rollouts decide is among the evaluators.
    package var document: FlagDocument {
        FlagDocument(
            flags: items.map {
                FlagDefinition(key: $0.key, json: Self.value($0.definition), valueType: $0.valueType)
            }, evaluators: .object(ownEvaluators.overlaid(by: rolloutEvaluators)), metadata: .object(ownMetadata))
    }

    /// Flags that are not archived.
    package var count: Int { items.count }

    /// What rollouts decide, by name.
    var rolloutEvaluators: JSONObject {
        JSONObject(
            items.filter { !$0.evaluator.isEmpty }.map {
                (key: Self.rolloutEvaluator($0.key), value: Self.value($0.evaluator))
            })
    }

    /// The set's own: without what rollouts decide.
    package var ownEvaluators: JSONObject { Self.members(evaluators) }

    package var ownMetadata: JSONObject { Self.members(metadata) }

    /// The name of the rule that a flag's rollout decides, to which the flag's targeting refers.
    package static func rolloutEvaluator(_ key: String) -> String { FlagSet.rolloutPrefix + key }

    private static func members(_ text: String) -> JSONObject {
        guard case .object(let members) = value(text) else { return [:] }
        return members
    }

    /// What `jsonb` writes is JSON; deeper than the reader takes it nothing was stored.
    static func value(_ text: String) -> JSONValue { (try? JSONValue(parsing: Array(text.utf8))) ?? .null }
}

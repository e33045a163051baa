import FoundationEssentials
import Postgres

/// Parameters for any named statement, by the names and types that it declares, so that a new one needs none of its own.
extension Statement {
    func arguments(_ ids: Belongings) -> Parameters {
        var parameters = Parameters()
        for value in self.parameters ?? [] { parameters.append(value, of: name, ids) }
        return parameters
    }
}

extension Parameters {
    fileprivate mutating func append(_ value: Statement.Value, of statement: String, _ ids: Belongings) {
        switch value.type {
        case .uuid: append(uuid(value.name, of: statement, ids))
        case .uuidArray: append(uuid(value.name, of: statement, ids).map { [$0] } ?? [])
        case .int2: append(int2(value.name))
        case .int2Array: append(value.name == "shards" ? [Site.shard] : [])
        case .int4: append(int4(value.name))
        case .int4Array: append([Int32]())
        case .int8: append(int8(value.name))
        case .int8Array: append(value.name == "lanes" ? [ids.lane] : [Int64(1)])
        case .text: append(text(value.name, of: statement, ids))
        case .textArray: append(texts(value.name))
        case .float8: append(Double(1))
        case .float8Array: append([Double(1)])
        case .bool: append(false)
        case .boolArray: append([false])
        case .timestamptz: append(time(value.name))
        case .timestamptzArray: append(value.name == "times" ? [Timestamp.now] : [Timestamp?.none])
        case .interval: append(Duration.seconds(60))
        case .intervalArray: append([Duration?.none])
        case .jsonb: append(JSONB(value.name == "events" ? "[]" : "{}"))
        case .bytea: append(bytes(value.name, of: statement))
        case .byteaArray: append([Bytea?.none])
        default: append(Optional<String>.none)
        }
    }

    private func uuid(_ name: String, of statement: String, _ ids: Belongings) -> UUID? {
        switch name {
        case "tenant_id" where statement.hasSuffix(".sealed_otherwise"): Self.zeros
        case "tenant", "tenant_id", "tenants": ids.tenant
        case "destination", "destination_id", "destinations": ids.destination
        case "request_id" where ["requests.attempts", "requests.outcome"].contains(statement): ids.dead
        case "request", "request_id": ids.request
        case "requests":
            statement == "requests.store"
                ? UUID(uuid: (1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 1, 2, 3, 4, 5, 6, 7)) : ids.request
        case "key_id", "old", "keys": ids.key
        case "check_id": ids.check
        case "replay_id": ids.replay
        case "from": Self.zeros
        case "before", "before_request":
            UUID(uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255))
        case "leaving_out", "awaited", "skip", "probe_owner", "probe_skip_request": nil
        default: UUID(uuid: (9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9))
        }
    }

    private static let zeros = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    private static let flag = #"{"state": "ENABLED", "variants": {"x": true, "y": false}, "defaultVariant": "y"}"#

    private func int2(_ name: String) -> Int16? {
        switch name {
        case "shard": Site.shard
        case "status": nil
        default: 3
        }
    }

    private func int4(_ name: String) -> Int32? {
        switch name {
        case "ordered_lanes": nil
        case "reopen_count", "alerts": 0
        default: 100
        }
    }

    private func int8(_ name: String) -> Int64? {
        switch name {
        case "before_lane", "before": .max
        case "bytes": 1 << 22
        case "expected": nil
        default: 1
        }
    }

    private func text(_ name: String, of statement: String, _ ids: Belongings) -> String? {
        switch (statement, name) {
        case ("tenants.set_state", "state"): "suspended"
        case ("destinations.put", "name"): "to-\(ids.name)"
        case (_, "name"), (_, "tenant"): ids.name
        case (_, "role"): "reader of \(ids.name)"
        case (_, "kind"): "http"
        case (_, "target"), (_, "base_url"): "http://127.0.0.1:9"
        case (_, "method"): "GET"
        case (_, "policy"): "advisory"
        case (_, "health"): "up"
        case (_, "command"): "pause"
        case (_, "mode"): "auto"
        case (_, "state"): "closed"
        case (_, "backlog"): "cancel"
        case (_, "class"), (_, "topic"), (_, "body_contains"), (_, "client_certificate"), (_, "authorities"),
            ("routes.put", "flag"):
            nil
        case (_, "after"), (_, "first_name"), (_, "from"), (_, "prefix"), (_, "headers"): ""
        case (_, "filters"): "[]"
        case (_, "scheme"): "github"
        case (_, "definition"): Self.flag
        case (_, "value_type"): "boolean"
        case (_, "evaluators"), (_, "metadata"): "{}"
        case (_, "control"): "y"
        case (_, "treatment"): "x"
        case (_, "steps"): #"[{"weight": 1000, "hold_s": 60, "min_n": 50, "approval": false}]"#
        case (_, "guard"): #"{"mode": "rollback", "alpha": 0.01, "tau": 0.02, "min_n": 50, "max_age_s": 300}"#
        case (_, "order"): "hold"
        default: "x"
        }
    }

    private func texts(_ name: String) -> [String]? {
        switch name {
        case "states": nil
        case "scopes": ["read"]
        case "verdicts", "classes": ["delivered"]
        case "signals": ["ok"]
        case "fan_outs": ["{}"]
        case "quotas": ["max_waiting"]
        case "definitions": [Self.flag]
        case "value_types": ["boolean"]
        case "flag_evaluators": [""]
        default: ["x"]
        }
    }

    private func time(_ name: String) -> Timestamp? {
        ["at", "state_since", "next_at"].contains(name) ? .now : nil
    }

    private func bytes(_ name: String, of statement: String) -> Bytea? {
        switch name {
        case "key_hash", "token_hash": Bytea([UInt8](repeating: 7, count: 32))
        case "key_id": Bytea([])
        case "secrets" where statement == "sources.put": Bytea([1])
        default: nil
        }
    }
}

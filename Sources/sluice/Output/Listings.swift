import API
import Circuits
import FlagEngine
import JSON
import Model
import Postgres
import Requests
import Tenants

// What each noun is as a row; as JSON it is as the API has it.

extension Listing<Tenant> {
    static var tenants: Listing {
        Listing(
            [
                .init("name", \.name), .init("state", \.state.rawValue), .init("since", \.stateSince.text),
                .init("id", \.id.description),
            ], json: \.json)
    }
}

extension Listing<KeyRecord> {
    static var keys: Listing {
        Listing(
            [
                .init("id", \.id.description), .init("scopes") { $0.scopes.joined(separator: ",") },
                .init("ends") { key in
                    key.revokedAt.map { "revoked \($0.text)" } ?? key.expiresAt?.text ?? "never"
                },
                .init("last used") { $0.lastUsedAt?.text ?? "never" }, .init("environment", \.environment),
                .init("label", \.label),
            ], json: \.json)
    }
}

extension Listing<Destination> {
    static var destinations: Listing {
        Listing(
            [
                .init("name", \.settings.name), .init("url", \.settings.baseURL),
                .init("state") { $0.deletion.map { "being deleted (\($0.rawValue))" } ?? "active" },
            ], json: \.shown.text)
    }
}

extension Listing<TopicRoute> {
    static var routes: Listing {
        Listing(
            [
                .init("name", \.settings.name), .init("topics", \.settings.pattern.text),
                .init("destination", \.settings.destination), .init(number: "filters", \.settings.filters.count),
                .init("state") { $0.settings.isEnabled ? "enabled" : "disabled" },
            ], json: \.shown.text)
    }
}

extension Listing<Source> {
    static var sources: Listing {
        Listing(
            [
                .init("name", \.settings.name), .init("scheme", \.settings.scheme.rawValue),
                .init("target") { source in
                    switch source.settings.target {
                    case .destination(let name): "destination \(name)"
                    case .topic(let topic): "topic \(topic.text)"
                    }
                },
                .init("state") { $0.settings.isEnabled ? "enabled" : "disabled" },
            ], json: { $0.shown().text })
    }
}

extension Listing<CircuitView> {
    static var circuits: Listing {
        Listing(
            [
                .init("destination", \.destination), .init("state", \.state), .init("since", \.since.text),
                .init("mode") { $0.mode + ($0.modeUntil.map { " until \($0.text)" } ?? "") },
                .init("next probe") { $0.nextProbeAt?.text ?? "" },
                .init(number: "under way") { "\($0.inFlight)/\($0.allowed)" },
                .init(number: "waiting") {
                    $0.waiting > CircuitView.countedTo ? ">\(CircuitView.countedTo)" : "\($0.waiting)"
                },
                .init("oldest") { $0.oldestWaitingAt?.text ?? "" },
                .init("reason") { view in
                    guard view.mode != "auto" else { return view.reason }
                    return "\(view.modeBy ?? "somebody"): \(view.modeReason ?? "no reason")"
                },
            ], json: \.json)
    }
}

extension Listing<CircuitRecord> {
    static var history: Listing {
        Listing(
            [
                .init("at", \.at.text), .init("change") { $0.from == $0.to ? $0.to : "\($0.from) -> \($0.to)" },
                .init("reason", \.reason), .init("mode", \.mode), .init("by") { $0.actor ?? "the machine" },
                .init("evidence", \.evidence),
            ], json: \.json)
    }
}

extension Listing<HealthRecord> {
    static var checks: Listing {
        Listing(
            [
                .init("id", \.definition.id.description), .init("health", \.check.health.rawValue),
                .init("kind", \.definition.kind.rawValue), .init("target", \.definition.target),
                .init("policy", \.definition.policy.rawValue), .init("last error") { $0.lastError ?? "" },
            ], json: \.json)
    }
}

extension Listing<RequestSummary> {
    static var requests: Listing {
        Listing(
            [
                .init("id", \.id.description), .init("received", \.receivedAt.text), .init("method", \.method),
                .init("path") { $0.path + ($0.query.map { "?" + $0 } ?? "") }, .init(number: "bytes", \.bytes),
                .init("deliveries") { request in
                    if request.isUnrouted { return "unrouted (\(request.topic ?? ""))" }
                    return request.deliveries.map { delivery in
                        "\(delivery.destination) \(delivery.state)"
                            + (delivery.attempts > 0
                                ? " after \(delivery.attempts) (\(delivery.lastClass ?? "under way"))" : "")
                    }.joined(separator: ", ")
                },
            ], json: \.json)
    }
}

extension Listing<DeadLetter> {
    static var deadLetters: Listing {
        Listing(
            [
                .init("request", \.position.request.description), .init("dead", \.deadAt.text),
                .init("destination", \.destination), .init("method", \.method),
                .init("path") { $0.path + ($0.query.map { "?" + $0 } ?? "") },
                .init(number: "attempts", \.attempts), .init("class", \.attemptClass),
                .init("error") { $0.error ?? "" },
            ], json: \.json)
    }
}

extension Listing<ReplayTask> {
    static var replays: Listing {
        Listing(
            [
                .init("id", \.id.description), .init("state", \.state), .init(number: "replayed", \.replayed),
                .init(number: "expired", \.expired), .init(number: "examined", \.examined),
                .init(number: "a second", \.ratePerSecond), .init("by", \.actor),
            ], json: \.json)
    }
}

extension Listing<FlagRecord> {
    static var flags: Listing {
        Listing(
            [
                .init("key", \.key), .init("type", \.valueType.rawValue), .init(number: "version", \.version),
                .init("state", \.state), .init("clients") { $0.settings.isClientVisible ? "visible" : "" },
                .init("owner") { $0.settings.owner ?? "" },
            ], json: \.shown.text)
    }
}

extension Listing<FlagRevision> {
    static var revisions: Listing {
        Listing(
            [
                .init("at", \.createdAt.text), .init("key", \.key), .init(number: "version", \.version),
                .init("by way of", \.source), .init("by", \.actor), .init("reason") { $0.reason ?? "" },
            ], json: \.shown.text)
    }
}

extension Listing<FlagUsage> {
    static var flagUsage: Listing {
        Listing(
            [
                .init("key", \.key), .init(number: "evaluations", \.evaluations),
                .init("last") { $0.lastEvaluatedAt?.text ?? "never" },
                .init("variants") { $0.variants.joined(separator: ",") }, .init("stale") { $0.stale ?? "" },
            ], json: \.shown.text)
    }
}

extension Listing<FlagSetSummary> {
    static var environments: Listing {
        Listing(
            [
                .init("name", \.name), .init(number: "version", \.version), .init(number: "flags", \.flags),
                .init("updated", \.updatedAt.text),
            ], json: \.shown.text)
    }
}

extension Listing<Rollout> {
    static var rollouts: Listing {
        Listing(
            [
                .init("id", \.id.description), .init("change") { "\($0.control) -> \($0.treatment)" },
                .init("status") { $0.status + ($0.holdReason.map { ": \($0)" } ?? "") },
                .init(number: "step") { Int($0.step) + 1 }, .init("started", \.startedAt.text),
                .init("ended") { $0.endedAt?.text ?? "" },
            ], json: \.shown.text)
    }
}

extension FlagRecord {
    fileprivate var state: String {
        if archivedAt != nil { return "archived" }
        guard case .object(let members) = definition, case .string(let state)? = members["state"] else { return "" }
        return state.lowercased()
    }
}

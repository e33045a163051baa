import FlagEngine
import JSON
import Model
import Postgres
import Requests
import Tenants

/// Where a message goes, and what flags decided of it.
struct Routing: Sendable {
    var destinations: [Destination] = []
    var stamps: [RouteStamp] = []
}

/// Leads messages to destinations: by routes, and by the flags that gate them. Evaluated once, when a request is stored.
struct RouteGates: Sendable {
    let snapshot: TenantSnapshot
    let tenant: TenantID
    let shard: Int16
    let uses: FlagUses

    /// Each destination once, however many routes lead there: the first route's word counts.
    ///
    /// - Parameter key: what `fractional` hashes where a rule names nothing else.
    func routing(of message: Message, body: [UInt8], key: String, now: Timestamp) -> Routing {
        var routing = Routing()
        let subject = RouteSubject(message: message, body: body, targetingKey: key)
        for route in snapshot.routes(of: message, tenant: tenant) {
            let target = snapshot.destination(route.destination).flatMap { $0.deletion == nil ? $0 : nil }
            guard let flag = route.settings.flag else {
                if let target { routing.add(target) }
                continue
            }
            let (decision, decided) = decide(flag, route, subject, now: now)
            var stamp = decided
            var destination: Destination?
            switch decision {
            case .deliver: destination = target
            case .skip: break
            case .divert(let name):
                destination = snapshot.destination(named: name[...], of: tenant)
                if destination == nil {
                    // What goes elsewhere says nothing of the side that it was to be on.
                    (destination, stamp.mark) = (target, nil)
                }
            }
            guard let destination else {
                routing.stamps.append(stamp)
                continue
            }
            if routing.add(destination) { routing.stamps.append(stamp.leading(to: destination)) }
        }
        return routing
    }

    private enum Decision {
        case deliver, skip
        /// To the destination of that name; to the route's own, where there is none.
        case divert(String)
    }

    private func decide(
        _ flag: RouteFlag, _ route: TopicRoute, _ subject: RouteSubject, now: Timestamp
    ) -> (Decision, RouteStamp) {
        let environment = FlagEnvironment(tenant: tenant, shard: shard, name: flag.environment)
        let flags = snapshot.flags(environment)?.compiled
        let context = subject.context(
            flag, route, tenant: snapshot.tenant(tenant)?.name ?? "")
        let evaluation = (flags?.all ?? .empty).evaluate(flag.key, context, at: now.microseconds / 1_000_000)
        uses.note([evaluation], in: environment, at: now)
        var stamp = RouteStamp(route.settings.name, flag, evaluation)
        if evaluation.asksRollout, let rollout = flags?.rollouts[flag.key] {
            stamp.mark = rollout.mark(evaluation.variant, context)
        }
        return switch evaluation.value {
        case .bool(let isOn): (isOn ? .deliver : .skip, stamp)
        case .string(let name): (.divert(name), stamp)
        default: (flag.otherwise == .deliver ? .deliver : .skip, stamp)
        }
    }
}

extension Routing {
    /// False where it is there already.
    @discardableResult
    fileprivate mutating func add(_ destination: Destination) -> Bool {
        guard !destinations.contains(where: { $0.id == destination.id }) else { return false }
        destinations.append(destination)
        return true
    }
}

extension FlagRollout {
    /// nil where the variant is of neither side, or the context has no unit.
    fileprivate func mark(_ variant: String?, _ context: EvaluationContext) -> RolloutMark? {
        guard let variant, variant == treatment || variant == control else { return nil }
        let unit: String
        switch context.gateway[self.unit] ?? context.attributes[self.unit] {
        case .string(let text)?: unit = text
        case .number(let number)?: unit = number.text
        default: return nil
        }
        return RolloutMark(id, step: step, isTreatment: variant == treatment, unit: String(unit.prefix(200)))
    }
}

import FlagEngine
import JSON
import Requests
import Tenants

/// What a flag decided of a route, as it is kept with the request.
struct RouteStamp: Sendable {
    let route: String
    let flag: RouteFlag
    let variant: String?
    let reason: String
    /// nil: it went nowhere.
    private(set) var destination: Destination?
    var mark: RolloutMark?

    init(_ route: String, _ flag: RouteFlag, _ evaluation: Evaluation) {
        (self.route, self.flag, variant) = (route, flag, evaluation.variant)
        reason = evaluation.failure?.code.rawValue ?? evaluation.reason.rawValue
    }

    func leading(to destination: Destination) -> RouteStamp {
        var stamp = self
        stamp.destination = destination
        return stamp
    }

    /// - Parameter lane: by which the request goes to a destination.
    func write(to writer: inout JSONWriter, lane: (Destination) -> Int64) {
        writer.object { writer in
            writer.member("route", route)
            writer.member("environment", flag.environment)
            writer.member("flag", flag.key)
            writer.member("variant", variant)
            writer.member("reason", reason)
            writer.member("destination", destination?.settings.name)
            writer.name("lane")
            if let destination { writer.number(lane(destination)) } else { writer.null() }
            if let mark, destination != nil {
                writer.name("rollout")
                mark.write(to: &writer)
            }
        }
    }
}

import API
import Model
import Requests

/// Requests as a list has them, with the last attempt of each delivery.
struct RequestTable {
    let visit: Visit

    func markup(_ caption: String, _ requests: [RequestSummary], ifEmpty: HTML = "There is none.") -> HTML {
        Table(caption, ["Request", "Received", "What", "Topic", "Size", "Deliveries"], ifEmpty: ifEmpty).of(requests) {
            request in
            [
                "<a href=\"\(visit.link("/requests/\(request.id)"))\">\(.short(request.id) as HTML)</a>",
                .time(request.receivedAt), Self.target(request.method, request.path, request.query),
                request.topic.map { "\($0)" } ?? .none, .bytes(request.bytes),
                request.isUnrouted ? Badge.of("unrouted") : request.deliveries.html(delivery),
            ]
        }
    }

    /// The method and the path as it came, cut in lists by the style.
    static func target(_ method: String, _ path: String, _ query: String?) -> HTML {
        "<span class=\"target\">\(method) \(path)\(query.map { "?" + $0 } ?? "")</span>"
    }

    private func delivery(_ delivery: RequestSummary.Delivery) -> HTML {
        let status = delivery.lastStatus.map { "\($0)" } ?? delivery.lastClass ?? ""
        return """
            <span class="delivery">\(Badge.of(delivery.state)) \(delivery.destination)\
            \(status.isEmpty ? "" : " · \(status)") · \(delivery.attempts)×</span>

            """
    }
}

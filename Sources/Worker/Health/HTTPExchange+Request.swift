import AsyncHTTPClient
import Circuits
import Model
import NIOHTTP1

extension HTTPExchange {
    /// A request on a connection of its own: a check shall see whether the destination still takes any.
    func request(to url: String) throws -> HTTPClient.Request {
        var fields = HTTPHeaders()
        for (name, value) in headers.fields where !HopByHop.contains(name.lowercased()) {
            fields.add(name: String(name), value: String(value))
        }
        fields.remove(name: VerbatimTarget.field)
        if !fields.contains(name: "user-agent") { fields.add(name: "user-agent", value: "sluice-health-check") }
        fields.add(name: "connection", value: "close")
        return try HTTPClient.Request(url: url, method: HTTPMethod(rawValue: method), headers: fields)
    }

    /// What is wrong with a response; nil: nothing.
    func objection(to response: CollectedResponse) -> String? {
        let isWanted =
            statuses.isEmpty ? 200..<300 ~= response.status : statuses.contains { Int($0) == response.status }
        guard isWanted else {
            let isRedirect = AttemptClass(status: response.status) == .redirected
            return "answered \(response.status)" + (isRedirect ? "; redirects are not followed" : "")
        }
        guard let bodyContains, !response.body.contains(Array(bodyContains.utf8)) else { return nil }
        return "answered \(response.status) without the wanted text in the body"
    }
}

import JSON
import Model
import Postgres
import Requests
import Tenants

extension Routing {
    /// Nowhere is an answer too. Throws a `Problem` where it is too many destinations.
    func addressee(of message: Message, id: RequestID, shard: Int16) throws -> Addressee {
        guard destinations.count <= Addressee.fanOutLimit else {
            throw Problem(
                .fanOutTooWide,
                "Routes lead \"\(message.topic.text)\" to \(destinations.count) destinations; a request may go to "
                    + "\(Addressee.fanOutLimit). Nothing was stored; make the routes' topics or filters narrower.")
        }
        return .topic(
            message.topic.text, shard: shard,
            lanes: destinations.map { $0.lane(of: id, orderedBy: message.orderingKey) })
    }

    /// As a request keeps it.
    func stampText(of message: Message, id: RequestID) -> String? {
        guard !stamps.isEmpty else { return nil }
        return JSONWriter.text { writer in
            writer.array { writer in
                for stamp in stamps {
                    stamp.write(to: &writer) { $0.lane(of: id, orderedBy: message.orderingKey).number }
                }
            }
        }
    }
}

extension RouteGates {
    /// A request for a topic. Throws a `Problem`.
    ///
    /// - Parameter make: makes it of whom it is for.
    func request(
        _ id: RequestID, for message: Message, body: [UInt8], make: (Addressee) throws -> NewRequest
    ) throws -> NewRequest {
        let routing = routing(
            of: message, body: body, key: message.orderingKey?.text ?? id.description, now: .now)
        var request = try make(try routing.addressee(of: message, id: id, shard: shard))
        request.stamps = routing.stampText(of: message, id: id)
        return request
    }
}

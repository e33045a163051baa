import Model
import Requests
import Tenants

extension Destination {
    func addressee(of request: RequestID, orderedBy key: OrderingKey?) -> Addressee {
        .destination(id, lane: lane(of: request, orderedBy: key))
    }
}

extension TenantSnapshot {
    /// Where the tenant's routes lead a message; nowhere is an answer too. Throws a `Problem` where they lead to too
    /// many.
    func addressee(of message: Message, id: RequestID, tenant: TenantID, shard: Int16) throws -> Addressee {
        let destinations = destinations(of: message, tenant: tenant)
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
}

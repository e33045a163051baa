import Model
import Requests
import Tenants

extension Destination {
    func addressee(of request: RequestID, orderedBy key: OrderingKey?) -> Addressee {
        .destination(id, lane: lane(of: request, orderedBy: key))
    }
}

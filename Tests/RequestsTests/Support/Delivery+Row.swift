import FoundationEssentials
import Model
import Postgres
import Requests

extension Delivery {
    /// A row of `deliveries.claim`, for tests that run it in a transaction of their own; nil for one that names a lane
    /// which was disarmed, or that says that others can run.
    init?(_ row: Row, token: Int64) throws {
        guard let request = try row.decode(2, as: UUID?.self) else { return nil }
        self.init(
            lane: LaneID(shard: Site.shard, number: try row.decode(0)), tenant: TenantID(try row.decode(1)),
            request: RequestID(request), token: token, attempt: try row.decode(3),
            epoch: try row.decode(10), isExpired: try row.decode(4),
            method: try row.decode(5), path: try row.decode(6), query: try row.decode(7),
            headers: HeaderLines(text: try row.decode(8)), body: try row.decode(9, as: Bytea.self).bytes)
    }
}

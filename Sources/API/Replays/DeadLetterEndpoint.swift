import HTTPTypes
import JSON
import Model
import Requests
import Tenants

/// `GET /v1/dead-letters`, and `POST /v1/dead-letters/replay`.
struct DeadLetterEndpoint: Sendable {
    let store: ReplayStore

    var routes: [Route] {
        [
            .tenant(.read, .get, "/v1/dead-letters", list),
            .tenant(.manage, .post, "/v1/dead-letters/replay", replay),
        ]
    }

    private func list(_ call: Call, _ caller: Caller) async throws -> Answer {
        let query = try call.query("destination", "class", "dead_from", "dead_before", "limit", "cursor")
        let cursor = PageCursor(call, caller, query)
        var filter = DeadLetterFilter()
        filter.destination = try query.destination(call, caller)
        filter.attemptClass = try query.attemptClass()
        filter.deadFrom = try query.time("dead_from")
        filter.deadBefore = try query.time("dead_before")
        let position = try query["cursor"].map { DeadLetter.Position(bytes: try cursor.decode($0, bytes: 24)) }
        let page = try await store.letters(
            filter, before: position, limit: try query.pageLimit(), tenant: caller.tenant, shard: caller.shard)
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("dead_letters")
            writer.array { writer in
                for letter in page.items { letter.write(to: &writer) }
            }
            writer.member("next", page.next.map { cursor.encode($0.bytes) })
        }
        return Answer(.ok, json: writer)
    }

    private func replay(_ call: Call, _ caller: Caller) async throws -> Answer {
        let order = try await ReplayOrder(call, caller)
        if order.isDryRun {
            let (count, isExact) = try await store.count(order.filter, tenant: caller.tenant, shard: caller.shard)
            var writer = JSONWriter()
            writer.object { writer in
                writer.name("count")
                writer.number(count)
                writer.name("is_exact")
                writer.bool(isExact)
            }
            return Answer(.ok, json: writer)
        }
        let task = try await store.start(
            order.filter, ratePerSecond: order.ratePerSecond, tenant: caller.tenant, shard: caller.shard,
            actor: "key \(caller.key)")
        guard let task else {
            throw Problem(.replayLimit, "8 replays of the tenant run already. Cancel one, or wait until one has ended.")
        }
        var writer = JSONWriter()
        task.write(to: &writer)
        var answer = Answer(.accepted, json: writer)
        answer.head.headerFields[.location] = "/v1/replays/\(task.id)"
        return answer
    }
}

extension DeadLetter.Position {
    var bytes: [UInt8] { request.uuid.bytes + withUnsafeBytes(of: lane.bigEndian) { Array($0) } }

    /// 24 of them.
    init(bytes: [UInt8]) {
        let lane = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.init(request: RequestID(.init(bytes: bytes[...])), lane: Int64(bitPattern: lane))
    }
}

import Crypto
import FoundationEssentials
import Model
import Testing

@testable import Tenants

struct OrderingKeyPureTests {
    private func destination(_ lanes: Int) -> Destination {
        Destination(
            tenant: .new(), id: .new(), lane: LaneID(shard: 3, number: 0),
            furtherLanes: (1..<lanes).map { LaneID(shard: 3, number: Int64($0)) },
            settings: DestinationSettings(name: "d", baseURL: "http://a"))
    }

    @Test(arguments: [
        ("", false), ("k", true), (String(repeating: "é", count: 127), true),
        (String(repeating: "é", count: 128), false),
    ])
    func hasItsLength(_ text: String, _ isKey: Bool) { #expect((OrderingKey(text) != nil) == isKey) }

    /// Also in processes of other versions.
    @Test(arguments: [("customer-17", 8), ("customer-18", 8), ("k", 64), ("schlüssel", 3)])
    func aKeyHasOneLaneForEver(_ text: String, _ lanes: Int) throws {
        let key = try #require(OrderingKey(text))
        let first = SHA256.hash(data: Array(text.utf8)).prefix(8).map { $0 }
        let place = first.reduce(0) { ($0 * 256 + Int($1)) % lanes }
        for _ in 0..<3 {
            #expect(destination(lanes).lane(of: .new(), orderedBy: key).number == Int64(place))
        }
    }

    @Test func keysAndRequestsSpreadOverTheLanes() throws {
        let destination = destination(8)
        var byKey = [Int64](repeating: 0, count: 8)
        var byRequest = byKey
        for index in 0..<8_000 {
            byKey[Int(destination.lane(of: .new(), orderedBy: OrderingKey("\(index)")).number)] += 1
            byRequest[Int(destination.lane(of: .new(), orderedBy: nil).number)] += 1
        }
        #expect(byKey.allSatisfy { 800...1_200 ~= $0 }, "\(byKey)")
        #expect(byRequest.allSatisfy { 800...1_200 ~= $0 }, "\(byRequest)")
    }

    @Test func withoutOrderThereIsOneLane() {
        #expect(destination(1).lane(of: .new(), orderedBy: OrderingKey("k")).number == 0)
        #expect(destination(1).lanes.count == 1 && destination(5).lanes.map(\.number) == [0, 1, 2, 3, 4])
    }
}

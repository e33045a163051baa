/// A PostgreSQL server and the shards that it holds. Group commit, claim loop, reporter and listener belong to a node;
/// today there is one, and it holds them all.
package struct Node: Sendable {
    package let shards: [Int16]

    package static let only = Node(shards: Array(0..<Int16(shardCount)))

    /// Fixed when a cluster is made; `sluice.tenant` checks it.
    package static let shardCount = 64
}

import Model

/// What a worker has under way, and how much more it may take; a pure value.
///
/// The last slots are not for tenants that have much under way: else whoever has a great backlog for a slow destination
/// would hold all of them, and others would wait for its answers.
struct Slots {
    /// Claims have a fixed cost, so a busy worker waits until a quarter of its slots are free rather than claim singly;
    /// but no longer than this, which is less than slow destinations need.
    static let patience = Duration.milliseconds(20)

    let capacity: Int
    let byteCapacity: Int
    private(set) var taken = 0
    private(set) var bytes = 0
    private var ofTenant: [TenantID: Int] = [:]
    private var claimedAt: ContinuousClock.Instant?

    init(capacity: Int, byteCapacity: Int) {
        self.capacity = capacity
        self.byteCapacity = byteCapacity
    }

    /// Slots for tenants with little under way.
    var reserve: Int { capacity / 16 }

    /// Kinds of room; a change to a better one is worth to look for work.
    private enum Room: Comparable {
        case none, reserved, some, ample
    }

    private var kind: Room {
        let free = capacity - taken
        if free == 0 || bytes >= byteCapacity { return .none }
        if free <= reserve { return .reserved }
        return (free - reserve) * 4 < capacity - reserve ? .some : .ample
    }

    /// For a claim of whatever there is.
    func room(now: ContinuousClock.Instant) -> Int {
        let isTime = claimedAt.map { now - $0 >= Self.patience } ?? true
        return kind == .ample || kind == .some && isTime ? capacity - reserve - taken : 0
    }

    /// When there will be room, though nothing is released; nil: not so.
    var roomAt: ContinuousClock.Instant? { kind == .some ? claimedAt.map { $0 + Self.patience } : nil }

    /// For a claim that leaves `heavy` tenants out.
    var lastRoom: Int { kind == .none ? 0 : capacity - taken }

    /// Tenants that have more under way than half of the reserve.
    var heavy: [TenantID] { ofTenant.filter { $0.value > reserve / 2 }.map(\.key) }

    var byteRoom: Int { byteCapacity - bytes }

    mutating func claim(now: ContinuousClock.Instant) { claimedAt = now }

    mutating func take(_ size: Int, of tenant: TenantID) {
        taken += 1
        bytes += size
        ofTenant[tenant, default: 0] += 1
    }

    /// Returns whether there is now room of a better kind, or nothing under way.
    mutating func release(_ size: Int, of tenant: TenantID) -> Bool {
        let before = kind
        taken -= 1
        bytes -= size
        let left = (ofTenant[tenant] ?? 1) - 1
        ofTenant[tenant] = left > 0 ? left : nil
        return kind > before || taken == 0
    }
}

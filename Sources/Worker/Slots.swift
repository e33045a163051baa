import Model

/// What a worker has under way, and how much more it may take; a pure value.
///
/// The last slots are not for tenants that have much under way: else whoever has a great backlog for a slow destination
/// would hold all of them, and others would wait for its answers. Nor may such tenants fill slots at once while others are
/// served: a destination that always takes equally long answers in a burst what it was given in one, and the next burst is
/// what others would wait for, again and again.
struct Slots {
    /// Claims have a fixed cost, so a busy worker waits until a quarter of its slots are free rather than claim singly;
    /// but no longer than this, which is less than slow destinations need. It is also the period of the pace.
    static let patience = Duration.milliseconds(20)
    /// A tenant is heavy for this long after it had much under way, and others are served for this long after one of their
    /// deliveries ended: a burst of answers leaves its tenant with nothing under way, and light tenants mostly have nothing.
    static let memory = Duration.seconds(1)
    /// By how much slots may be filled faster than they come free on average: enough to catch up, and slow enough to
    /// spread a burst over two thirds of the time after which it comes back.
    static let haste = 1.5

    let capacity: Int
    let byteCapacity: Int
    private(set) var taken = 0
    private(set) var bytes = 0
    private var ofTenant: [TenantID: Int] = [:]
    private var claimedAt: ContinuousClock.Instant?
    /// When something last ended of tenants that had more than half of the reserve under way.
    private var heavyAt: [TenantID: ContinuousClock.Instant] = [:]
    /// When a delivery of a tenant that is not heavy last ended.
    private var lightAt: ContinuousClock.Instant?
    /// How long heavy tenants' deliveries hold their slots: a moving average over about the last 64.
    private var hold: Duration?

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
        let free = capacity - reserve - taken
        let pace = pace(now: now)
        let isTime = claimedAt.map { now - $0 >= Self.patience } ?? true
        return switch kind {
        case .ample where isTime || pace == nil, .some where isTime: min(free, pace ?? free)
        default: 0
        }
    }

    /// When there will be room where there is none, though nothing is released; nil: not so.
    var roomAt: ContinuousClock.Instant? { kind >= .some ? claimedAt.map { $0 + Self.patience } : nil }

    /// What a claim of whatever there is may take in each period of `patience`; nil: all that is free. That is so where
    /// only heavy tenants are served, or only light ones, and where slots come free so fast that bursts can't form.
    private func pace(now: ContinuousClock.Instant) -> Int? {
        guard let hold, let lightAt, now - lightAt < Self.memory, !heavy(now: now).isEmpty else { return nil }
        let portion = Self.haste * (Self.patience / hold)
        return portion < 1 ? max(1, Int((Double(capacity - reserve) * portion).rounded())) : nil
    }

    /// For a claim that leaves `heavy` tenants out.
    var lastRoom: Int { kind == .none ? 0 : capacity - taken }

    /// Tenants that have more under way than half of the reserve, or had so a moment ago.
    func heavy(now: ContinuousClock.Instant) -> Set<TenantID> {
        let remembered = heavyAt.filter { now - $0.value < Self.memory }.keys
        return Set(ofTenant.keys.filter(hasMuchUnderWay)).union(remembered)
    }

    private func hasMuchUnderWay(_ tenant: TenantID) -> Bool { ofTenant[tenant, default: 0] > reserve / 2 }

    /// A claim of whatever there is, begun at `now`, has yielded something. One that yields nothing does not count: others
    /// would have to wait because a shard was empty.
    mutating func claim(now: ContinuousClock.Instant) {
        claimedAt = now
        heavyAt = heavyAt.filter { now - $0.value < Self.memory }
        // What comes later may have another destination.
        if heavy(now: now).isEmpty { hold = nil }
    }

    mutating func take(_ size: Int, of tenant: TenantID) {
        taken += 1
        bytes += size
        ofTenant[tenant, default: 0] += 1
    }

    /// Returns whether there is now room of a better kind, or nothing under way.
    ///
    /// - Parameter held: since it was taken.
    mutating func release(
        _ size: Int, of tenant: TenantID, after held: Duration, now: ContinuousClock.Instant
    ) -> Bool {
        let before = kind
        note(tenant, held, now: now)
        taken -= 1
        bytes -= size
        let left = (ofTenant[tenant] ?? 1) - 1
        ofTenant[tenant] = left > 0 ? left : nil
        return kind > before || taken == 0
    }

    private mutating func note(_ tenant: TenantID, _ held: Duration, now: ContinuousClock.Instant) {
        if hasMuchUnderWay(tenant) { heavyAt[tenant] = now }
        if let at = heavyAt[tenant], now - at < Self.memory {
            hold = hold.map { $0 + (held - $0) / 64 } ?? held
        } else {
            lightAt = now
        }
    }
}

/// What a worker has under way, and how much more it may take; a pure value.
struct Slots {
    let capacity: Int
    let byteCapacity: Int
    private(set) var taken = 0
    private(set) var bytes = 0

    init(capacity: Int, byteCapacity: Int) {
        self.capacity = capacity
        self.byteCapacity = byteCapacity
    }

    /// Claims have a fixed cost, so a busy worker waits until a quarter of its slots are free rather than claim singly.
    var room: Int {
        let free = capacity - taken
        return free * 4 >= capacity && bytes < byteCapacity ? free : 0
    }

    var byteRoom: Int { byteCapacity - bytes }

    mutating func take(_ size: Int) {
        taken += 1
        bytes += size
    }

    mutating func release(_ size: Int) {
        taken -= 1
        bytes -= size
    }
}

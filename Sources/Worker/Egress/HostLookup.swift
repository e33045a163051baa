import Dispatch
import Glibc
import Model
import NIOCore
import NIOPosix
import Synchronization

/// What names resolve to, remembered for seconds: one for the process.
final class HostLookup: Sendable {
    static let shared = HostLookup()

    /// Short, since it only spares look-ups: the connection's own address decides.
    static let memory = Duration.seconds(10)
    /// Names that are remembered; beyond them all are forgotten.
    static let capacity = 10_000

    private struct Entry {
        let addresses: [IPAddress]
        let until: ContinuousClock.Instant
    }

    private let known = Mutex<[String: Entry]>([:])
    private let resolve: @Sendable (String) -> [IPAddress]

    /// - Parameter resolve: may block; it has a thread of its own.
    init(resolve: @escaping @Sendable (String) -> [IPAddress] = HostLookup.system) { self.resolve = resolve }

    /// Empty where the name can't be resolved, or not in time.
    func addresses(of name: String, within timeout: Duration) async -> [IPAddress] {
        let entry = known.withLock { $0[name] }
        if let entry, entry.until > .now { return entry.addresses }
        let addresses = await ask(name, within: timeout)
        known.withLock { known in
            if known.count >= Self.capacity { known = [:] }
            known[name] = addresses.isEmpty ? nil : Entry(addresses: addresses, until: .now + Self.memory)
        }
        return addresses
    }

    /// The resolver can't be interrupted: after the time-out its answer is not waited for. Each question has a queue of
    /// its own, so that one that hangs holds up no other.
    private func ask(_ name: String, within timeout: Duration) async -> [IPAddress] {
        await withCheckedContinuation { continuation in
            let waiter = Mutex<CheckedContinuation<[IPAddress], Never>?>(continuation)
            let answer = Answer(waiter)
            DispatchQueue(label: "sluice.resolver").async { [resolve] in answer.give(resolve(name)) }
            MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(timeout)) { answer.give([]) }
        }
    }

    /// The first answer counts.
    private final class Answer: Sendable {
        private let waiter: Mutex<CheckedContinuation<[IPAddress], Never>?>

        init(_ waiter: consuming sending Mutex<CheckedContinuation<[IPAddress], Never>?>) { self.waiter = waiter }

        func give(_ addresses: [IPAddress]) {
            let continuation = waiter.withLock { waiter in
                defer { waiter = nil }
                return waiter
            }
            continuation?.resume(returning: addresses)
        }
    }

    /// As connections resolve names, old spellings of addresses (`0x7f.1`, `2130706433`) included.
    static func system(_ name: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let isThere = getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            let numeric = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if isThere == 0, let address = IPAddress(numeric.prefix { $0 != "%" }) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return addresses
    }
}

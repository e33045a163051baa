import ServiceLifecycle

/// A server can't take connections where it was told to.
struct ListenError: Error, CustomStringConvertible {
    let host: String
    let port: Int
    let reason: any Error

    var description: String {
        "can't listen on \(host):\(port): \(reason). End what listens there, or choose another address"
    }
}

extension Service {
    /// Runs a server; what it throws is that it can't listen, for what goes wrong later it logs.
    func run(on host: String, _ port: Int) async throws {
        do {
            try await run()
        } catch let error where !(error is CancellationError) {
            throw ListenError(host: host, port: port, reason: error)
        }
    }
}

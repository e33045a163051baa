import HTTPTypes

/// What has an address here, besides captures.
enum Resource: Equatable {
    case requests
    case request(id: Substring)
    case circuits
    case circuit(destination: Substring)
    case command(CircuitCommand, destination: Substring)
    case live, ready

    init?(path: Substring) {
        switch path {
        case "/v1/requests": self = .requests
        case "/v1/circuits": self = .circuits
        case "/livez": self = .live
        case "/readyz": self = .ready
        default:
            let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            guard let resource = Self.nested(Array(parts)) else { return nil }
            self = resource
        }
    }

    /// - Parameter parts: between the slashes.
    private static func nested(_ parts: [Substring]) -> Resource? {
        guard parts.count >= 3, parts[0] == "v1", !parts[2].isEmpty else { return nil }
        switch (parts[1], parts.count) {
        case ("requests", 3): return .request(id: parts[2])
        case ("destinations", 4) where parts[3] == "circuit": return .circuit(destination: parts[2])
        case ("destinations", 5) where parts[3] == "circuit":
            return CircuitCommand(rawValue: String(parts[4])).map { .command($0, destination: parts[2]) }
        default: return nil
        }
    }

    var methods: [HTTPRequest.Method] {
        switch self {
        case .requests, .command: [.post]
        case .request, .circuits, .circuit, .live, .ready: [.get, .head]
        }
    }
}

import HTTPTypes

/// What has an address here, besides captures.
enum Resource: Equatable {
    case requests
    case request(id: Substring)
    case live, ready

    private static let requestPrefix = "/v1/requests/"

    init?(path: Substring) {
        switch path {
        case "/v1/requests": self = .requests
        case "/livez": self = .live
        case "/readyz": self = .ready
        default:
            guard path.hasPrefix(Self.requestPrefix) else { return nil }
            let id = path.dropFirst(Self.requestPrefix.count)
            guard !id.isEmpty, !id.contains("/") else { return nil }
            self = .request(id: id)
        }
    }

    var methods: [HTTPRequest.Method] {
        switch self {
        case .requests: [.post]
        case .request, .live, .ready: [.get, .head]
        }
    }
}

import Crypto
import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import Model
import Tenants

/// Where a list goes on, for a caller to send back: it holds the position and a fingerprint of the list that it belongs to,
/// so that one which was altered, or comes with other filters or from another tenant, is refused. It gives access to
/// nothing: a list has rows of its caller's tenant whatever the position.
struct PageCursor {
    private static let version: UInt8 = 1
    private static let sealBytes = 8

    /// Its path, tenant and filters.
    private let list: [UInt8]

    init(_ call: Call, _ caller: Caller, _ query: Query) {
        let path = (call.request.head.path ?? "").prefix { $0 != "?" }
        list = Array("\(path)\n\(caller.tenant)\n\(query.text(without: ["cursor", "limit"]))\n".utf8)
    }

    func encode(_ position: [UInt8]) -> String {
        let bytes = [Self.version] + position + seal(position)
        return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    /// The position, of so many bytes. Throws a `Problem`.
    func decode(_ text: String, bytes count: Int) throws -> [UInt8] {
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        let padded = base64 + String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded), data.count == 1 + count + Self.sealBytes,
            data.first == Self.version
        else { throw Self.refusal }
        let position = Array(data.dropFirst().prefix(count))
        guard Array(data.suffix(Self.sealBytes)) == seal(position), encode(position).utf8.elementsEqual(text.utf8)
        else {
            throw Self.refusal
        }
        return position
    }

    private func seal(_ position: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: list + position).prefix(Self.sealBytes))
    }

    private static var refusal: Problem {
        Problem(.invalidRequest, "cursor is not one of this list with these filters. Send `next` as it came.")
    }
}

extension PageCursor {
    func encode(_ id: Identifier<some Any>) -> String { encode(id.uuid.bytes) }

    func identifier<Kind>(_ text: String?) throws -> Identifier<Kind>? {
        try text.map { Identifier(UUID(bytes: try decode($0, bytes: 16)[...])) }
    }
}

extension UUID {
    var bytes: [UInt8] { withUnsafeBytes(of: uuid) { Array($0) } }

    /// Of the first 16.
    init(bytes: ArraySlice<UInt8>) {
        let words = [bytes.prefix(8), bytes.dropFirst(8).prefix(8)].map {
            $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        self.init(high: words[0], low: words[1])
    }
}

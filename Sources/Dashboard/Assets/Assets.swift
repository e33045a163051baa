import API
import Crypto
import HTTPTypes

/// What pages load: compiled in, and named by its contents, so that browsers may keep it for good.
struct Assets: Sendable {
    struct Asset: Sendable {
        let path: String
        let type: String
        let bytes: [UInt8]

        init(_ name: String, _ suffix: String, _ type: String, _ bytes: [UInt8]) {
            let hash = SHA256.hash(data: bytes).prefix(6).reduce(into: "") { text, byte in
                text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            path = "/assets/\(name)-\(hash).\(suffix)"
            (self.type, self.bytes) = (type, bytes)
        }

        fileprivate var route: Route {
            .page(.get, PathPattern(path)) { call in
                let tag = "\"\(path)\""
                var fields: HTTPFields = [
                    .contentType: type, .eTag: tag, .cacheControl: "public, max-age=31536000, immutable",
                    .xContentTypeOptions: "nosniff",
                ]
                guard call.head.headerFields[.ifNoneMatch] != tag else {
                    fields[.contentType] = nil
                    var answer = Answer(.notModified, fields, bytes: [])
                    // RFC 9110, section 8.6: it would be that of the asset.
                    answer.head.headerFields[.contentLength] = nil
                    return answer
                }
                return Answer(.ok, fields, bytes: bytes)
            }
        }
    }

    let style = Asset("dashboard", "css", "text/css; charset=utf-8", PackageResources.dashboard_css)
    let script = Asset("dashboard", "js", "text/javascript; charset=utf-8", PackageResources.dashboard_js)
    let icon = Asset("icon", "svg", "image/svg+xml", PackageResources.icon_svg)

    var routes: [Route] { [style, script, icon].map(\.route) }
}

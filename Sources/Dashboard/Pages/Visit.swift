import API
import Model
import Postgres
import Tenants

/// One look at a page, or one use of a form: who, at whose things, where.
struct Visit: Sendable {
    /// Parameters that every page takes: whose things an operator looks at, and what a form has done.
    static let parameters = ["tenant", "done"]

    let viewer: Viewer
    /// nil: an operator has chosen none.
    let tenant: Tenant?
    let session: Session
    let path: String
    let query: Query
    let parameters: [Substring: Substring]
    let snapshot: TenantSnapshot
    let now: Timestamp

    /// A parameter of the path.
    subscript(parameter: Substring) -> String { String(parameters[parameter] ?? "") }

    /// The tenant whose things the page shows. Throws a `Problem` where none is chosen.
    func requireTenant() throws -> Tenant {
        guard let tenant else { throw Problem(.notFound, "Choose a tenant first.") }
        return tenant
    }

    /// Throws a `Problem`.
    func requireManaging() throws {
        guard viewer.mayManage else { throw Problem(.forbidden, "This needs a key of the scope \"manage\".") }
    }

    /// The address of a page of the same tenant. Parameters without a value are left out.
    func link(_ path: String, _ parameters: KeyValuePairs<String, String?> = [:]) -> String {
        var items: [String] = []
        if case .operator = viewer, let tenant { items.append("tenant=" + tenant.name) }
        for (name, value) in parameters {
            if let value, !value.isEmpty { items.append(name + "=" + percentEncoded(value)) }
        }
        return items.isEmpty ? path : path + "?" + items.joined(separator: "&")
    }

    /// The address of this page, with its parameters but the one that tells what was done.
    var target: String {
        let kept = query.items.filter { $0.name != "done" }.map { $0.name + "=" + percentEncoded($0.value) }
        return kept.isEmpty ? path : path + "?" + kept.joined(separator: "&")
    }

    /// For each form that changes something.
    var formToken: HTML { Form.hidden("token", session.formToken) }

    /// For forms that only ask: the query of their address is replaced by their fields.
    var tenantField: HTML {
        guard case .operator = viewer, let tenant else { return .empty }
        return Form.hidden("tenant", tenant.name)
    }

    /// A form that changes something, where the visitor may.
    func form(_ path: String, _ fields: HTML, button: HTML, isGrave: Bool = false) -> HTML {
        guard viewer.mayManage else { return .empty }
        let kind: HTML = isGrave ? " class=\"grave\"" : ""
        return """
            <form method="post" action="\(link(path))" class="fields">\(formToken)\(fields)<p class="field">\
            <button\(kind)>\(button)</button></p></form>
            """
    }

    /// What a form has done, once after it.
    var notice: HTML {
        guard let done = query["done"], let words = Done(rawValue: done)?.words else { return .empty }
        return "<p class=\"notice\" role=\"status\">\(words)</p>\n"
    }
}

/// What forms do, as the address of the page after it has it.
enum Done: String, CaseIterable {
    case circuit, cancelled, replayed, replay, ended, killed, rollout

    var words: String {
        switch self {
        case .circuit: "The circuit has taken the command."
        case .cancelled: "What waited is cancelled; an attempt that is under way goes on."
        case .replayed: "The deliveries wait again."
        case .replay: "The replay runs."
        case .ended: "The replay is cancelled. What it has replayed stays so."
        case .killed: "The flag is off."
        case .rollout: "The rollout has taken the command."
        }
    }
}

/// For a value in a query (RFC 3986): all but the unreserved.
func percentEncoded(_ text: some StringProtocol) -> String {
    text.utf8.reduce(into: "") { encoded, byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            encoded.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }
}

import JSON
import Model
import Tenants

/// The body that makes or changes a tenant: what is not named stays as it is.
struct TenantOrder {
    private(set) var name: String?
    private(set) var state: TenantState?
    private(set) var quotas: Quotas.Change = [:]

    /// Throws as `Call.withMembers`.
    ///
    /// - Parameter isNew: the body names a tenant; otherwise it may name a state.
    init(_ call: Call, isNew: Bool) async throws {
        try await call.withMembers(limit: 4 << 10) { scanner, member in
            switch member {
            case "name" where isNew: name = try scanner.tenantName(member)
            case "state" where !isNew: state = try scanner.tenantState(member)
            case "quotas": quotas = try scanner.quotas()
            default: return false
            }
            return true
        }
        if isNew, name == nil { throw Problem(.invalidRequest, "name must be given.") }
    }
}

extension JSONScanner {
    fileprivate mutating func tenantName(_ member: String) throws -> String {
        let name = try text(member)
        guard name.isSlug else {
            throw Problem(
                .invalidRequest,
                "\(member) must be 1 to 63 of a-z, 0-9, dot, underscore and hyphen, and begin with a letter or digit.")
        }
        return name
    }

    fileprivate mutating func tenantState(_ member: String) throws -> TenantState {
        switch try text(member) {
        case "active": .active
        case "suspended": .suspended
        default: throw Problem(.invalidRequest, "\(member) must be \"active\" or \"suspended\".")
        }
    }

    fileprivate mutating func quotas() throws -> Quotas.Change {
        var quotas: Quotas.Change = [:]
        try members { scanner, name in
            guard let range = Quotas.ranges[name] else { return false }
            let quota = try scanner.optional { try $0.number(name, in: range, isWhole: name != "ingest_rate") }
            quotas.updateValue(quota, forKey: name)
            return true
        }
        return quotas
    }

    private mutating func number(_ name: String, in range: ClosedRange<Double>, isWhole: Bool) throws -> Double {
        guard let number = Double(try literal()), range.contains(number), !isWhole || number == number.rounded() else {
            throw Problem(
                .invalidRequest,
                "\(name) must be a \(isWhole ? "whole " : "")number from \(range.lowerBound) to \(range.upperBound), or null."
            )
        }
        return number
    }
}

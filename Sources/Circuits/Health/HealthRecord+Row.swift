import FoundationEssentials
import Model
import Postgres

extension HealthRecord {
    /// Takes the columns of `health.list`. Throws `.mismatch` for what only a newer program knows.
    init(_ row: Row) throws {
        definition = try HealthCheckDefinition(row)
        check = try HealthCheck(row)
        told = try row.decodeCase(16)
        lastAt = try row.decode(20)
        lastLatency = try row.decode(21, as: Double?.self).map { Duration(seconds: $0 / 1000) }
        lastError = try row.decode(22)
    }
}

extension HealthCheckDefinition {
    fileprivate init(_ row: Row) throws {
        self.init(
            id: HealthCheckID(try row.decode(3)), shard: try row.decode(0), tenant: TenantID(try row.decode(1)),
            destination: DestinationID(try row.decode(2)), kind: try row.decodeCase(4), target: try row.decode(5))
        exchange.method = try row.decode(6)
        exchange.headers = HeaderLines(text: try row.decode(7))
        exchange.statuses = try row.decode(8)
        exchange.bodyContains = try row.decode(9)
        timeout = .milliseconds(try row.decode(10, as: Int32.self))
        overrides = try JSONDecoder().decode(
            HealthCheckSettings.Overrides.self, from: Data(try row.decode(11, as: JSONB.self).text.utf8))
        decisive = try row.decode(12)
        policy = try row.decodeCase(13)
        sharedKey = try row.decode(14)
    }
}

extension HealthCheck {
    fileprivate init(_ row: Row) throws {
        health = try row.decodeCase(15)
        okRun = Int(try row.decode(17, as: Int32.self))
        failRun = Int(try row.decode(18, as: Int32.self))
        nextAt = try row.decode(19)
    }
}

extension Row {
    fileprivate func decodeCase<Case: RawRepresentable<String>>(_ column: Int) throws -> Case {
        guard let value = Case(rawValue: try decode(column)) else {
            throw PostgresError(.mismatch, "column \(column) is no \(Case.self) that this program knows")
        }
        return value
    }
}

import FoundationEssentials
import Model
import Postgres
import Tenants
import TestSupport

/// What tests look at, as an operator would with psql.
extension Client {
    /// The first cell of the first row.
    func value<T: PostgresDecodable>(
        _ statement: Statement, _ parameters: Parameters = Parameters(), as type: T.Type = T.self
    ) async throws -> T {
        guard let row = try await execute(statement, parameters).first else {
            throw PostgresError(.mismatch, "no row came back for \(statement.sql)")
        }
        return try row.decode(0)
    }

    func count(_ table: String, where condition: String = "true") async throws -> Int64 {
        try await value(Statement("SELECT count(*) FROM \(table) WHERE \(condition)"))
    }

    func isArmed(_ lane: LaneID) async throws -> Bool {
        try await value(Statement("SELECT armed FROM sluice.lane WHERE shard = $1 AND lane_id = $2"), key(lane))
    }

    /// Lanes that a claim could take from at this moment but does not look at.
    func stuckLanes() async throws -> Int64 {
        try await count(
            "sluice.lane", where: "NOT armed AND sluice.runnable_at(shard, lane_id) <= clock_timestamp()")
    }

    func vtime(_ lane: LaneID) async throws -> Double {
        try await value(Statement("SELECT vtime FROM sluice.lane WHERE shard = $1 AND lane_id = $2"), key(lane))
    }

    func inFlight(_ lane: LaneID) async throws -> Int64 {
        try await value(
            Statement("SELECT count(*) FROM sluice.in_flight WHERE shard = $1 AND lane_id = $2"), key(lane))
    }

    func backlog(_ lane: LaneID) async throws -> Int64 {
        try await value(Statement("SELECT count(*) FROM sluice.ready WHERE shard = $1 AND lane_id = $2"), key(lane))
    }

    func state(_ request: RequestID) async throws -> String {
        try await value(Statement("SELECT state FROM sluice.delivery WHERE request_id = $1"), Parameters(request.uuid))
    }

    func setGate(_ gate: String, _ lane: LaneID) async throws {
        _ = try await execute(
            Statement("UPDATE sluice.lane SET gate = '\(gate)' WHERE shard = $1 AND lane_id = $2"), key(lane))
    }

    /// As if the leases of everything in flight had run out.
    func expireLeases() async throws {
        _ = try await execute(Statement("UPDATE sluice.in_flight SET lease_until = claimed_at"))
    }

    func now() async throws -> Timestamp { try await value(Statement("SELECT clock_timestamp()")) }
}

func key(_ lane: LaneID) -> Parameters { Parameters(lane.shard, lane.number) }

/// Waits until a session of the test's database waits for another's lock.
func waitForALock(in site: Site) async throws {
    try await eventually {
        try await site.client.count(
            "pg_stat_activity", where: "datname = current_database() AND wait_event_type = 'Lock'") > 0
    }
}

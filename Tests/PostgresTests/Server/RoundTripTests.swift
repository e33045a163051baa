import FoundationEssentials
import TestSupport
import Testing

@testable import Postgres

@Suite struct RoundTripTests {
    typealias Value = PostgresEncodable & PostgresDecodable & Equatable

    /// Sends the values, each by itself, and as arrays with and without NULLs, and compares what comes back.
    private func check<V: Value>(_ values: [V], _ client: Client) async throws {
        let type = V.postgresType.name
        for value in values {
            let rows = try await client.query(
                Statement("SELECT $1::\(type), $2::\(type), $1::\(type)"), Parameters(value, V?.none))
            let row = try #require(rows.first)
            #expect(try row.decode(0, as: V.self) == value)
            #expect(try row.decode(1, as: V?.self) == nil)
            #expect(try row.decode(2, as: V?.self) == value)
        }
        let holed = values.map(Optional.some) + [nil] + values.map(Optional.some)
        let rows = try await client.query(
            Statement("SELECT $1::\(type)[], $2::\(type)[], $3::\(type)[], $4::\(type)[], cardinality($2::\(type)[])"),
            Parameters(values, holed, [V](), [V]?.none))
        let row = try #require(rows.first)
        #expect(try row.decode(0, as: [V].self) == values)
        #expect(try row.decode(1, as: [V?].self) == holed)
        #expect(try row.decode(2, as: [V].self) == [])
        #expect(try row.decode(3, as: [V]?.self) == nil)
        #expect(try row.decode(4, as: Int32.self) == Int32(holed.count))
        let refusal = #expect(throws: PostgresError.self) { try row.decode(1, as: [V].self) }
        #expect(refusal?.code == .mismatch)
    }

    @Test func everyType() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            try await check([true, false], client)
            try await check([Bytea([]), Bytea([0]), Bytea(Array(0...255))], client)
            try await check([Int64.min, -1, 0, 1, .max], client)
            try await check([Int16.min, -1, 0, 1, .max], client)
            try await check([Int32.min, -1, 0, 1, .max], client)
            try await check(
                ["", "a", "naïve 🙂", "quote ' and \\ and \"", String(repeating: "x", count: 10_000)], client)
            try await check([0, -0.5, .pi, .greatestFiniteMagnitude, .leastNonzeroMagnitude, -.infinity], client)
            try await check(
                [0, 1, -1, 946_684_799_999_999, 1_763_980_245_123_457, -62_135_596_800_000_000, .min, .max]
                    .map { Timestamp(microseconds: $0) }, client)
            try await check(
                [.zero, .microseconds(1), .microseconds(-1), .seconds(86_400 * 400), .seconds(-3)] as [Duration], client
            )
            try await check([UUID(), UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))], client)
            try await check([JSONB("{}"), JSONB("[1, \"a\", null]"), JSONB("{\"a\": {\"b\": 0.1}}")], client)
        }
    }

    /// What the server reads from our bytes, in its own words; a round trip alone would not show a common error.
    @Test func theServerSeesTheSameValues() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let rows = try await client.query(
                Statement(
                    """
                    SELECT $1::timestamptz = '2025-11-24 10:30:45.123457+00', $2::timestamptz = 'infinity',
                        $3::timestamptz = '-infinity', $4::interval = '1 hour 0.000001 s',
                        $5::uuid = '00010203-0405-0607-0809-0a0b0c0d0e0f', $6::bytea = '\\x00ff',
                        $7::jsonb = '{"a": 1}', $8::text[] = ARRAY['a', NULL, ''], $9::float8 = 0.1
                    """),
                Parameters(
                    Timestamp(microseconds: 1_763_980_245_123_457), Timestamp(microseconds: .max),
                    Timestamp(microseconds: .min), Duration.microseconds(3_600_000_001),
                    UUID(uuid: (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)), Bytea([0, 255]),
                    JSONB("{\"a\":1}"), ["a", nil, ""], 0.1))
            let row = try #require(rows.first)
            for column in 0..<9 { #expect(try row.decode(column, as: Bool.self), "column \(column)") }
        }
    }

    @Test func intervalsOfDaysButNotOfMonths() async throws {
        try await withEmptyDatabase { database in
            let rows = try await database.client().query(Statement("SELECT interval '2 days 1 s', interval '1 month'"))
            let row = try #require(rows.first)
            #expect(try row.decode(0, as: Duration.self) == .seconds(2 * 86_400 + 1))
            #expect(throws: PostgresError.self) { try row.decode(1, as: Duration.self) }
        }
    }

    @Test func fiveMegabytes() async throws {
        try await withEmptyDatabase { database in
            let client = database.client()
            let big = Bytea((0..<5 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
            let rows = try await client.query(Statement("SELECT $1::bytea, octet_length($1::bytea)"), Parameters(big))
            #expect(try rows.first?.decode(0, as: Bytea.self) == big)
            #expect(try rows.first?.decode(1, as: Int32.self) == 5 << 20)
            // More than the socket's buffers hold in both directions at once.
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await client.query(Statement("SELECT $1::bytea"), Parameters(big)).first?.decode(0) == big
                    }
                }
                for try await isSame in group { #expect(isSame) }
            }
        }
    }

    @Test func decodingTheWrongTypeOrColumnIsAMismatch() async throws {
        try await withEmptyDatabase { database in
            let rows = try await database.client().query(Statement("SELECT 1::int4, NULL::int4"))
            let row = try #require(rows.first)
            #expect(rows.columnNames.count == 2)
            for error in [
                #expect(throws: PostgresError.self) { try row.decode(0, as: Int64.self) },
                #expect(throws: PostgresError.self) { try row.decode(1, as: Int32.self) },
                #expect(throws: PostgresError.self) { try row.decode(2, as: Int32.self) },
                #expect(throws: PostgresError.self) { try row.decode(-1, as: Int32.self) },
            ] {
                #expect(error?.code == .mismatch)
            }
        }
    }
}

import Testing

@testable import Postgres

extension Pure {
    /// Which program may use which schema.
    struct SchemaFitTests {
        private static func steps(_ numbers: ClosedRange<Int>) -> [Migration] {
            numbers.map { Migration(name: "m000\($0)_x", sql: "SELECT \($0)") }
        }

        /// The schema's steps, of which the named serve older programs.
        private static func schema(_ last: Int, serves: [Int: String] = [:]) -> [SchemaFit.Applied] {
            guard last > 0 else { return [] }
            return zip(1..., steps(1...last)).map { number, step in
                SchemaFit.Applied(name: step.name, checksum: step.checksum, serves: serves[number] ?? step.name)
            }
        }

        @Test(arguments: [
            ("an empty database", 2, schema(0), SchemaFit.lacks(["m0001_x", "m0002_x"])),
            ("one that is behind", 3, schema(2), .lacks(["m0003_x"])),
            ("the program's own", 3, schema(3), .fits),
            ("expanded", 2, schema(3, serves: [3: "m0002"]), .fits),
            ("expanded twice", 2, schema(4, serves: [3: "m0002", 4: "m0002"]), .fits),
            ("expanded for older ones too", 2, schema(3, serves: [3: "m0001"]), .fits),
            ("a step that does not say", 2, schema(3), .outgrown(servesFrom: "m0003_x")),
            (
                "expanded, then contracted", 2, schema(4, serves: [3: "m0002", 4: "m0003"]),
                .outgrown(servesFrom: "m0003")
            ),
            ("the newest before a contraction", 3, schema(4, serves: [3: "m0002", 4: "m0003"]), .fits),
            (
                "contracted, then expanded: nobody comes back", 2, schema(4, serves: [3: "m0003", 4: "m0002"]),
                .outgrown(servesFrom: "m0003")
            ),
        ])
        func table(_ name: String, program: Int, schema: [SchemaFit.Applied], expected: SchemaFit) {
            #expect(SchemaFit(of: Self.steps(1...program), in: schema) == expected, "\(name)")
        }

        @Test func aStepOfAnotherProgramIsTold() {
            let applied = Self.schema(3)
            var program = Self.steps(1...2)
            program[1] = Migration(name: "m0002_x", sql: "SELECT 'edited'")
            #expect(SchemaFit(of: program, in: applied) == .differs(at: "m0002_x"))
            program[1] = Migration(name: "m0002_y", sql: "SELECT 2")
            #expect(SchemaFit(of: program, in: applied) == .differs(at: "m0002_x"))
        }

        @Test(arguments: [
            ("-- serves: m0002\nSELECT 1", "m0002"), ("-- A table.\n-- serves: m0002\nSELECT 1", "m0002"),
            ("-- no-transaction\n-- serves: m0002\nSELECT 1", "m0002"), ("SELECT 1", "m0009_x"),
            ("-- A table.\nSELECT 1;\n-- serves: m0002", "m0009_x"),
        ])
        func whomAStepServesIsSaidAtItsHead(_ sql: String, _ serves: String) {
            #expect(Migration(name: "m0009_x", sql: sql).serves == serves)
        }
    }

    struct LockPatienceTests {
        @Test func pausesGrowUpToTheirBoundAndEnd() {
            let patience = LockPatience()
            var (elapsed, pauses) = (Duration.zero, [Int64]())
            while let pause = patience.pause(after: pauses.count + 1, elapsed: elapsed), pauses.count < 1_000 {
                pauses.append(pause.components.seconds)
                elapsed += pause + patience.timeout
            }
            #expect(pauses.prefix(5) == [2, 4, 8, 15, 15])
            #expect(pauses.allSatisfy { $0 >= patience.timeout.components.seconds })
            #expect(elapsed <= patience.total + patience.timeout && pauses.count == 19)
        }
    }
}

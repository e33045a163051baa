import FoundationEssentials
import Testing

@testable import Postgres

extension Pure {
    @Suite struct ParametersTests {
        private func bytes(_ value: some PostgresEncodable) -> [UInt8] { Parameters(value).bytes }

        @Test func numbersAreBigEndian() {
            #expect(bytes(Int16(-2)) == [0xff, 0xfe])
            #expect(bytes(Int32(0x0102_0304)) == [1, 2, 3, 4])
            #expect(bytes(Int64(0x0102_0304_0506_0708)) == [1, 2, 3, 4, 5, 6, 7, 8])
            #expect(bytes(1.0) == [0x3f, 0xf0, 0, 0, 0, 0, 0, 0])
            #expect(bytes(true) == [1])
            #expect(bytes(false) == [0])
        }

        @Test func textsAndBytes() {
            #expect(bytes("é") == [0xc3, 0xa9])
            #expect(bytes(Bytea([0, 255])) == [0, 255])
            #expect(bytes(JSONB("{}")) == [1, 0x7b, 0x7d])
            let uuid = UUID(uuid: (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
            #expect(bytes(uuid) == Array(0...15))
        }

        @Test func timesCountFrom2000() {
            #expect(bytes(Timestamp(microseconds: 946_684_800_000_001)) == [0, 0, 0, 0, 0, 0, 0, 1])
            #expect(bytes(Timestamp(microseconds: 946_684_799_999_999)) == [UInt8](repeating: 0xff, count: 8))
            #expect(bytes(Timestamp(microseconds: .max)) == [0x7f] + [UInt8](repeating: 0xff, count: 7))
            #expect(bytes(Timestamp(microseconds: .min)) == [0x80] + [UInt8](repeating: 0, count: 7))
            #expect(bytes(Duration.microseconds(258)) == [0, 0, 0, 0, 0, 0, 1, 2] + [UInt8](repeating: 0, count: 8))
        }

        @Test func arraysCarryTheirShape() {
            let head: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0, 2, 0, 0, 0, 1]
            #expect(bytes([Int16(1), 2]) == head + [0, 0, 0, 2, 0, 1, 0, 0, 0, 2, 0, 2])
            #expect(bytes([Int16?(1), nil]) == head + [0, 0, 0, 2, 0, 1, 255, 255, 255, 255])
            #expect(bytes([Int16]()) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 21])
            #expect(bytes([""]).suffix(8) == [0, 0, 0, 1, 0, 0, 0, 0])
        }

        @Test func nullsAndEmptyValuesDiffer() {
            let parameters = Parameters("a", String?.none, "", Bytea?.some(Bytea([])), [Int64]?.none)
            #expect(parameters.bytes == [0x61])
            #expect(parameters.spans.map(\.length) == [1, -1, 0, 0, -1])
            #expect(parameters.spans.map(\.offset) == [0, 1, 1, 1, 1])
            #expect(parameters.types == [.text, .text, .text, .bytea, .int8Array])
        }

        @Test func decodingRefusesWhatIsCutOff() throws {
            let whole = Parameters([Int64(1), 2]).bytes
            for length in 1..<whole.count {
                let value = try whole[..<length].withUnsafeBytes { try [Int64](cell: $0) }
                #expect(value == nil || length == 12 && value == [], "\(length) of \(whole.count) bytes")
            }
            #expect(try whole.withUnsafeBytes { try [Int64](cell: $0) } == [1, 2])
            #expect([UInt8](repeating: 0, count: 7).withUnsafeBytes { Int64(cell: $0) } == nil)
        }
    }
}

/// Where a text stops being JSON, in bytes from its beginning.
struct JSONError: Error, Equatable, CustomStringConvertible {
    let offset: Int
    let expected: String

    var description: String { "Byte \(offset): \(expected)." }
}

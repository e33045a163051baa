/// Where a text stops being JSON, in bytes from its beginning.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    package let offset: Int
    package let expected: String

    package init(offset: Int, expected: String) { (self.offset, self.expected) = (offset, expected) }

    package var description: String { "Byte \(offset): \(expected)." }
}

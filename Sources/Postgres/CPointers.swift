/// A NULL-terminated array of C strings, valid while the body runs.
func withCStrings<T>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> T) -> T {
    var text: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
        offsets.append(text.count)
        text.append(contentsOf: string.utf8CString)
    }
    return text.withUnsafeBufferPointer { buffer in
        let pointers = offsets.map { buffer.baseAddress?.advanced(by: $0) } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}

extension Parameters {
    /// libpq's parallel arrays of values, lengths and formats (all binary), valid while the body runs.
    func withPointers<T>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> T
    ) -> T {
        // One byte more, so that the address of an empty last value, and of an empty buffer, exists.
        let padded = bytes.isEmpty ? [0] : bytes
        return padded.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = spans.map { $0.length < 0 ? nil : base?.advanced(by: $0.offset) }
            let lengths = spans.map { max($0.length, 0) }
            let formats = [Int32](repeating: 1, count: spans.count)
            return body(Int32(spans.count), values, lengths, formats)
        }
    }
}

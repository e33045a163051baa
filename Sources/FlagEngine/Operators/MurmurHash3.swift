/// MurmurHash3, x86, 32 bits, with the seed 0.
enum MurmurHash3 {
    static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var hash: UInt32 = 0
        let words = bytes.count / 4
        for index in 0..<words {
            var word: UInt32 = 0
            for byte in 0..<4 { word |= UInt32(bytes[index * 4 + byte]) << UInt32(byte * 8) }
            hash ^= scramble(word)
            hash = rotate(hash, 13) &* 5 &+ 0xe654_6b64
        }
        var rest: UInt32 = 0
        for index in (words * 4)..<bytes.count { rest |= UInt32(bytes[index]) << UInt32((index - words * 4) * 8) }
        hash ^= scramble(rest)
        return mix(hash ^ UInt32(truncatingIfNeeded: bytes.count))
    }

    static func hash(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBufferPointer { hash($0) } }

    static func hash(_ text: String) -> UInt32 {
        var text = text
        return text.withUTF8 { hash($0) }
    }

    private static func scramble(_ word: UInt32) -> UInt32 { rotate(word &* 0xcc9e_2d51, 15) &* 0x1b87_3593 }

    private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 { word << bits | word >> (32 - bits) }

    private static func mix(_ word: UInt32) -> UInt32 {
        var word = word
        word = (word ^ word >> 16) &* 0x85eb_ca6b
        word = (word ^ word >> 13) &* 0xc2b2_ae35
        return word ^ word >> 16
    }
}

import Tenants
import Testing

struct APIKeyTests {
    @Test func hasTheFormThatScannersFind() {
        let key = APIKey.new()
        #expect(key.text.hasPrefix("sluice_"))
        // 32 bytes in base64 without padding.
        #expect(key.text.utf8.count == 7 + 43)
        #expect(
            key.text.utf8.dropFirst(7).allSatisfy { byte in
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8.contains(byte)
            })
    }

    @Test func isNeverTheSame() {
        #expect(Set((0..<1_000).map { _ in APIKey.new().text }).count == 1_000)
    }

    /// `printf 'sluice_test' | sha256sum`
    @Test func hashIsSHA256() {
        let hex = APIKey(text: "sluice_test").hash.bytes.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        #expect(hex.joined() == "a656868d31a128af9af81369821dc0705ef08df5314573d01652dfea321cce9f")
    }

    @Test func hashesAreBytesOfAKnownLength() {
        let hash = APIKey.new().hash
        #expect(APIKeyHash(hash.bytes) == hash)
        #expect(APIKeyHash(Array(hash.bytes.dropLast())) == nil)
        #expect(APIKeyHash([]) == nil)
    }

    /// Hashes that agree in the part that feeds the hash table are still told apart.
    @Test(arguments: [0, 8, 16, 31])
    func differInAnyByte(_ index: Int) {
        var bytes = [UInt8](repeating: 7, count: 32)
        let hash = APIKeyHash(bytes)
        bytes[index] ^= 1
        #expect(APIKeyHash(bytes) != hash)
    }
}

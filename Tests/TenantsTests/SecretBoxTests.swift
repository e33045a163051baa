import Tenants
import Testing

struct SecretBoxTests {
    static let secret: [UInt8] = Array("a secret".utf8)

    @Test(arguments: [[], secret, [UInt8](repeating: 0, count: 4_096)])
    func roundTrip(_ secret: [UInt8]) throws {
        let box = try SecretBox(base64: SecretBox.newKey())
        #expect(try box.open(try box.seal(secret, owner: "a"), owner: "a") == secret)
    }

    @Test func sealsAnewEachTime() throws {
        let box = try SecretBox(base64: SecretBox.newKey())
        #expect(try box.seal(Self.secret, owner: "a") != box.seal(Self.secret, owner: "a"))
    }

    @Test func refusesAnotherOwner() throws {
        let box = try SecretBox(base64: SecretBox.newKey())
        let sealed = try box.seal(Self.secret, owner: "a")
        #expect(throws: SecretError.self) { try box.open(sealed, owner: "b") }
    }

    @Test func refusesAnotherKey() throws {
        let sealed = try SecretBox(base64: SecretBox.newKey()).seal(Self.secret, owner: "a")
        let other = try SecretBox(base64: SecretBox.newKey())
        #expect(throws: SecretError.self) { try other.open(sealed, owner: "a") }
    }

    @Test func opensWhatAnOldKeySealed() throws {
        let (old, new) = (SecretBox.newKey(), SecretBox.newKey())
        let sealed = try SecretBox(base64: old).seal(Self.secret, owner: "a")
        let box = try SecretBox(base64: new, old: [SecretBox.newKey(), old])
        #expect(try box.open(sealed, owner: "a") == Self.secret)
        let again = try box.seal(Self.secret, owner: "a")
        #expect(again.starts(with: box.currentID) && !sealed.starts(with: box.currentID))
        #expect(throws: SecretError.self) { try SecretBox(base64: old).open(again, owner: "a") }
    }

    @Test(arguments: [0, 3, 17, -1])
    func refusesWhatWasChanged(_ index: Int) throws {
        let box = try SecretBox(base64: SecretBox.newKey())
        var sealed = try box.seal(Self.secret, owner: "a")
        sealed[index < 0 ? sealed.count + index : index] ^= 1
        #expect(throws: SecretError.self) { try box.open(sealed, owner: "a") }
    }

    @Test(arguments: [[], [1], [UInt8](repeating: 0, count: 27)])
    func refusesWhatIsTooShort(_ sealed: [UInt8]) throws {
        let box = try SecretBox(base64: SecretBox.newKey())
        #expect(throws: SecretError.self) { try box.open(sealed, owner: "a") }
    }

    @Test(arguments: ["", "no base64!", "AAAA", "\(SecretBox.newKey())AAAA"])
    func refusesABadKey(_ text: String) {
        #expect(throws: SecretError.self) { try SecretBox(base64: text) }
    }

    /// As it comes out of a file, with a line break.
    @Test func takesAKeyWithBlanks() throws {
        let key = SecretBox.newKey()
        let sealed = try SecretBox(base64: key).seal(Self.secret, owner: "a")
        #expect(try SecretBox(base64: " \(key)\n").open(sealed, owner: "a") == Self.secret)
    }
}
